# Lets git use the token in GH_TOKEN, where there is one. To be read in by a script: . git-token.sh
if [ -n "${GH_TOKEN:-}" ]; then
  # In the environment, where other processes do not see it.
  GIT_CONFIG_COUNT=1
  GIT_CONFIG_KEY_0=http.extraheader
  GIT_CONFIG_VALUE_0="Authorization: Basic $(printf 'x-access-token:%s' "$GH_TOKEN" | base64 | tr -d '\n')"
  export GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
fi
