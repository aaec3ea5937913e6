#!/bin/sh
# One night: judge a service by each profile in turn, then say what is new since the nights before.
# From the environment: URL, SEED, PROFILES, REPORT (folder for the reports), KEPT (folder with the nights before), SUITE
# (the command). Ends with the exit code of the last profile that was judged, or of compare where that fails. GITHUB_OUTPUT
# gets `code`, `new` (the exit code of compare), `left` (how many requirements are violated, or not known to be mended) and
# `whole` (whether the run came to its end with a verdict), GITHUB_STEP_SUMMARY the rest.
set -u
suite=${SUITE:-mesh-export-conformance} report=${REPORT:-report} kept=${KEPT:-nightly}
output=${GITHUB_OUTPUT:-/dev/null} summary=${GITHUB_STEP_SUMMARY:-/dev/null}
profiles=${PROFILES:-quick full}
mkdir -p "$report" "$kept"
last_profile=${profiles##* }
for profile in $profiles; do
  set -- --profile "$profile" --report-dir "$report/$profile"
  [ -z "${URL:-}" ] || set -- "$@" --url "$URL"
  [ -z "${SEED:-}" ] || set -- "$@" --seed "$SEED"
  # The last profile looks for the most: its nights are those that are kept.
  [ "$profile" != "$last_profile" ] || set -- "$@" --history "$kept/history"
  code=0
  "$suite" "$@" || code=$?
  echo "code=$code" >> "$output"
  # Without an API, or after a failure of the suite itself, there is nothing to go on with.
  case $code in 0 | 1 | 4) ;; *) exit "$code" ;; esac
done
new=0
"$suite" compare --history "$kept/history" --markdown "$report/$last_profile" > "$report/comparison.md" || new=$?
[ "$new" -le 1 ] || exit "$new"
tee -a "$summary" < "$report/comparison.md"
"$suite" compare --history "$kept/history" --json "$report/$last_profile" > "$report/comparison.json"
left=$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["left"]))' "$report/comparison.json")
partial=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["partial"])' "$report/$last_profile/report.json")
whole=true
if [ "$code" -gt 1 ] || [ "$partial" != False ]; then whole=false; fi
{ echo "new=$new"; echo "left=$left"; echo "whole=$whole"; } >> "$output"
exit "$code"
