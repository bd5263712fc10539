#!/bin/sh
# usage: deploy.sh FILE...   what a team without a migration tool does: each file once, in order, stopping at the first failure.
set -eu
for file in "$@"; do psql --no-psqlrc --set=ON_ERROR_STOP=1 --file="$file" "$DATABASE_URL"; done
