#!/bin/sh
# One night: judge a service by each profile in turn, then say what is new since the night before.
# From the environment: URL, SEED, PROFILES, REPORT (folder for the reports), KEPT (folder with the nights before), SUITE
# (the command). Ends with the exit code of the last profile that was judged; GITHUB_OUTPUT and GITHUB_STEP_SUMMARY get the rest.
set -u
suite=${SUITE:-mesh-export-conformance} report=${REPORT:-report} kept=${KEPT:-nightly}
output=${GITHUB_OUTPUT:-/dev/null} summary=${GITHUB_STEP_SUMMARY:-/dev/null}
profiles=${PROFILES:-quick full}
mkdir -p "$report" "$kept/last"
last_profile=${profiles##* }
for profile in $profiles; do
  set -- --profile "$profile" --report-dir "$report/$profile"
  [ -z "${URL:-}" ] || set -- "$@" --url "$URL"
  [ -z "${SEED:-}" ] || set -- "$@" --seed "$SEED"
  # Past runs are those of one profile: what quick does not look for is not gone.
  [ "$profile" != "$last_profile" ] || set -- "$@" --history "$kept/history"
  code=0
  "$suite" "$@" || code=$?
  echo "code=$code" >> "$output"
  # Without an API, or after a failure of the suite itself, there is nothing to go on with.
  case $code in 0 | 1 | 4) ;; *) exit "$code" ;; esac
done
set -- "$report/$last_profile"
[ ! -e "$kept/last/report.json" ] || set -- "$kept/last" "$@"
new=0
"$suite" compare --history "$kept/history" --markdown "$@" > "$report/comparison.md" || new=$?
tee -a "$summary" < "$report/comparison.md"
cp "$report/$last_profile/report.json" "$kept/last/report.json"
left=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["counts"]["violated"])' "$kept/last/report.json")
{ echo "new=$new"; echo "left=$left"; } >> "$output"
exit "$code"
