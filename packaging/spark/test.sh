#!/usr/bin/env bash
# Tests the job on a real Spark of this machine: test.sh PANTAU. Without a Python that has Spark (PYTHON names one) it comes
# from PyPI, into the folder of the build.
set -euo pipefail
pantau=$(realpath "$1")
cd "$(dirname "$0")/test"
python=${PYTHON:-python3}
if ! "$python" -c 'import pyspark' 2>/dev/null; then
  brought=$(realpath ../../..)/target/spark
  [ -x "$brought/bin/python" ] || "$python" -m venv "$brought"
  python=$brought/bin/python
  "$python" -m pip install -q 'pyspark==4.*'
fi
PYTHONDONTWRITEBYTECODE=1 PANTAU=$pantau exec "$python" -m unittest -v test_policy test_cluster
