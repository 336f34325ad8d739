#!/bin/sh
# Copies the database of pantau while it is in use, checks the copy, and only then lets go of old copies.
#
#   pantau-backup.sh DATABASE FOLDER [DAYS]     copies older than DAYS are removed; 30 by default
set -eu
if [ $# -lt 2 ]; then
  echo "usage: pantau-backup.sh DATABASE FOLDER [DAYS]" >&2
  exit 2
fi
database=$1 folder=$2 days=${3:-30}
umask 077
copy="$folder/pantau-$(date -u +%Y%m%dT%H%M%SZ).db"
pantau --db "$database" db backup "$copy.new"
if ! pantau --db "$copy.new" db verify; then
  echo "the copy is damaged; it stays as $copy.new, and no older copy was removed" >&2
  exit 1
fi
mv "$copy.new" "$copy"
find "$folder" -maxdepth 1 -type f -name 'pantau-*Z.db' -mtime "+$days" -delete
