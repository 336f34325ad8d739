#!/usr/bin/env bash
# Installs the programs that `cargo bench --bench peers` measures pantau against: those of Debian, and those of PyPI.
set -euo pipefail

# No daemon of a package is to start by itself.
if command -v dpkg >/dev/null; then
  apt-get update -q
  RUNLEVEL=1 apt-get install -qy --no-install-recommends rrdtool sqlite3 gnuplot-nox collectd-core prometheus \
    prometheus-blackbox-exporter vnstat
fi
# pyarrow: what pandas reads Parquet with.
python3 -m pip install -q selectolax lxml beautifulsoup4 resiliparse fastwarc warcio duckdb pandas pyarrow matplotlib \
  urlwatch aiohttp requests
