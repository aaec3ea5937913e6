#!/bin/sh
# Have what past nights came to, from the branch `nightly`. The first night has none; an outage is no first night.
# Usage: have-nights.sh FOLDER [REMOTE]; a token for the remote is taken from GH_TOKEN.
set -eu
folder=$1 remote=${2:-origin}
. "$(dirname "$0")/git-token.sh"
mkdir -p "$folder"
code=0
git ls-remote --exit-code --heads "$remote" refs/heads/nightly > /dev/null || code=$?
case $code in
  0) ;;
  2)
    echo 'There is no branch nightly yet: this is the first night.'
    exit
    ;;
  *)
    echo 'The nights before cannot be had, and without them all would be new: try again later.' >&2
    exit 1
    ;;
esac
git fetch -q "$remote" refs/heads/nightly
git archive --output "$folder/nights.tar" FETCH_HEAD
tar -x -f "$folder/nights.tar" -C "$folder"
rm "$folder/nights.tar"
