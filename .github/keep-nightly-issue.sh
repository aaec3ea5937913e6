#!/bin/sh
# Keep one open issue while something is left to be mended, and close it once nothing is. It takes the GitHub command line.
# Usage: keep-nightly-issue.sh NEW LEFT WHOLE FILE RUN: the outputs `new`, `left` and `whole` of nightly.sh, what compare
# printed as Markdown, and the URL of the run.
set -eu
new=$1 left=$2 whole=$3 file=$4 run=$5
title='The nightly conformance run found something to be mended'
if [ "$new" -gt 1 ]; then
  echo "The nights could not be compared (exit code $new): the issue stays as it is." >&2
  exit 2
fi
issue=$(gh issue list --state open --label nightly --limit 1 --json number --jq '.[0].number // empty')
if [ "$left" -eq 0 ]; then
  # A run without an end or a verdict cannot say that nothing is violated.
  if [ -n "$issue" ] && [ "$whole" = true ]; then
    gh issue close "$issue" --comment "Nothing is violated any more: $run"
  fi
  exit
fi
if [ -n "$issue" ] && [ "$new" -eq 0 ]; then exit; fi
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
