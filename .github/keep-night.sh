#!/bin/sh
# Put what past nights came to on the branch `nightly`, as its one commit: it is a state, not a story.
# Usage: keep-night.sh FOLDER [REMOTE]; a token for the remote is taken from GH_TOKEN.
set -eu
folder=$1 remote=$(git remote get-url "${2:-origin}")
work=$(mktemp -d)
git init -q -b nightly "$work"
cp -R "$folder/." "$work"
git -C "$work" add -A
git -C "$work" -c user.name=nightly -c user.email=nightly@users.noreply.github.com commit -q -m 'What past nights came to'
. "$(dirname "$0")/git-token.sh"
git -C "$work" push -q --force "$remote" nightly
