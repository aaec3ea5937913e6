#!/bin/sh
# Keep one open issue with what `make drift` found, and close it once nothing is left. It takes the GitHub command line.
# Usage: keep-drift-issue.sh CODE FILE RUN, with the exit code of scripts.drift, its output and the URL of the run.
set -eu
code=$1 file=$2 run=$3
title='The documentation page and the spec have parted'
issue=$(gh issue list --state open --label drift --limit 1 --json number --jq '.[0].number // empty')
if [ "$code" -eq 0 ]; then
  [ -z "$issue" ] || gh issue close "$issue" --comment "The page and the spec agree again: $run"
  exit
fi
body=$(mktemp)
{
  echo "Found by $run; CONTRIBUTING.md says what to do about each kind."
  echo
  echo '```'
  # An issue holds 65,536 characters.
  head -c 60000 "$file"
  echo '```'
} > "$body"
gh label create drift --description "$title" --force > /dev/null
if [ -n "$issue" ]; then
  gh issue edit "$issue" --body-file "$body"
else
  gh issue create --title "$title" --label drift --body-file "$body"
fi
