#!/bin/sh
# Keep one open issue while the service breaks what it promises, and close it once it does not. It takes the GitHub command line.
# Usage: keep-nightly-issue.sh NEW LEFT FILE RUN: the exit code of compare, the number of violated requirements, what
# compare printed as Markdown, and the URL of the run.
set -eu
new=$1 left=$2 file=$3 run=$4
title='The nightly conformance run found something new'
issue=$(gh issue list --state open --label nightly --limit 1 --json number --jq '.[0].number // empty')
if [ "$left" -eq 0 ]; then
  [ -z "$issue" ] || gh issue close "$issue" --comment "Nothing is violated any more: $run"
  exit
fi
[ "$new" -ne 0 ] || exit 0
body=$(mktemp)
{
  echo "Found by $run; docs/nightly.md says how to read it."
  echo
  # An issue holds 65,536 characters.
  head -c 60000 "$file"
} > "$body"
gh label create nightly --description "$title" --force > /dev/null
if [ -n "$issue" ]; then
  gh issue comment "$issue" --body-file "$body"
else
  gh issue create --title "$title" --label nightly --body-file "$body"
fi
