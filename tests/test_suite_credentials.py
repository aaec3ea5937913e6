"""The good credential: where it may come from, how there is another when it ends, and what happens when there is none.

The issuer is a real one. What a run does with a credential is seen from the server's side.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from issuer import CLIENT, SECRET, issuing, taking
from starlette.types import ASGIApp, Receive, Scope, Send
from suite import TOKEN, Said, command, judge
from suite_serving import HOST, serving

from conformance import mock

EXACT = ("-k", "not whatever and not schema_generates")
SHORT = ("--seed", "1", "--requirement", "imodelid-only", "--requirement", "auth-accepted", "-k", "selections")
SLOW = (*SHORT, "--rate", "60")
OTHER = "tok-another-9876543210-zyx"
AS_CLIENT = {"MESH_EXPORT_CLIENT_ID": CLIENT, "MESH_EXPORT_CLIENT_SECRET": SECRET}


def after(requests: int, do: Callable[[], object], app: ASGIApp) -> ASGIApp:
    """An application that has something done once, after so many requests."""
    count = 0

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal count
        count += 1
        if count == requests:
            do()
        await app(scope, receive, send)

    return counting


def whole(said: Said) -> str:
    return said.output + json.dumps(said.report)


def test_a_token_of_an_issuer_is_renewed_before_it_ends() -> None:
    refusals: list[str] = []

    def is_good(token: str) -> bool:
        good = issuer.is_good(token)
        refusals.extend([] if good else [token])
        return good

    with issuing(lifetime=1) as issuer, serving(taking(is_good)) as port:
        said = judge(f"http://{HOST}:{port}", "--issuer", issuer.url, *SLOW, token="", **AS_CLIENT)
        given = issuer.given()
    assert said.with_outcome("violated") == set()
    assert len(given) > 2
    assert set(given) & set(refusals) == set()
    assert not [secret for secret in (*given, SECRET) if secret in whole(said)]


def test_a_token_of_an_issuer_that_is_revoked_is_replaced() -> None:
    with issuing(lifetime=3600) as issuer, serving(after(60, issuer.revoke_all, taking(issuer.is_good))) as port:
        said = judge(f"http://{HOST}:{port}", "--issuer", issuer.url, *SHORT, token="", **AS_CLIENT)
        given = issuer.given()
    assert "Stopped early" not in said.output
    assert said.with_outcome("violated") == set()
    assert len(given) == 2
    assert not [secret for secret in (*given, SECRET) if secret in whole(said)]


@pytest.mark.parametrize("option", ["--token-command", "--token-file"])
@pytest.mark.parametrize("as_answer", [False, True])
def test_a_token_that_ends_is_asked_for_again(option: str, as_answer: bool, tmp_path: Path) -> None:
    file = tmp_path / "token"
    good = [TOKEN]

    def write(token: str) -> None:
        file.write_text(json.dumps({"access_token": token, "expires_in": 3600}) if as_answer else f"{token}\n")
        good[:] = [token]

    write(TOKEN)
    printing = f"{sys.executable} -c 'import sys; print(open(sys.argv[1]).read())' '{file}'"
    with serving(after(60, lambda: write(OTHER), taking(lambda token: token in good))) as port:
        value = printing if option == "--token-command" else str(file)
        said = judge(f"http://{HOST}:{port}", option, value, *SHORT, token="")
    assert "Stopped early" not in said.output, said.output
    assert said.with_outcome("violated") == set()
    assert not [token for token in (TOKEN, OTHER) if token in whole(said)]


def test_a_jwt_that_says_when_it_ends_is_renewed_before(tmp_path: Path) -> None:
    script = tmp_path / "issue.py"
    script.write_text(
        "import base64, json, time\n"
        "claims = base64.urlsafe_b64encode(json.dumps({'exp': time.time() + 1}).encode()).decode().rstrip('=')\n"
        "print(f'header.{claims}.signature-of-the-test')\n"
    )
    seen: set[str] = set()
    late: list[str] = []

    def is_good(token: str) -> bool:
        if token.count(".") != 2 or "signature-of-the-test" not in token:
            return False
        claims = token.split(".")[1]
        seen.add(claims)
        good = bool(json.loads(base64.urlsafe_b64decode(claims + "=="))["exp"] > time.time())
        late.extend([] if good else [claims])
        return good

    with serving(taking(is_good)) as port:
        command_line = f"{sys.executable} {script}"
        said = judge(f"http://{HOST}:{port}", "--token-command", command_line, *SLOW, token="")
    assert said.with_outcome("violated") == set()
    assert len(seen) > 2
    assert not late


def test_a_revoked_token_without_another_ends_the_run_with_what_was_seen() -> None:
    good = [TOKEN]
    with serving(after(60, good.clear, taking(lambda token: token in good))) as port:
        said = judge(f"http://{HOST}:{port}", *SHORT)
    assert "the token was good and is refused now" in said.output
    assert said.with_outcome("holds")
    assert said.with_outcome("violated") == set()


@pytest.mark.parametrize("fault", ["token-refused-now-and-then", "token-refused-with-orderby"])
def test_a_refusal_that_is_not_the_end_of_the_token_is_a_violation(fault: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    with mock.serve(mock.Settings(token=TOKEN, fault=fault)) as url:
        said = judge(url, "--token-file", str(file), *SHORT, token="")
    assert "auth-accepted" in said.with_outcome("violated")
    assert "Stopped early" not in said.output


def test_a_share_key_goes_as_basic() -> None:
    key = "c2hhcmU6a2V5LW9mLXRoZS10ZXN0"

    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        shared = (b"authorization", f"Basic {key}".encode()) in scope["headers"]
        headers = [(b"authorization", b"Bearer " + TOKEN.encode()) if shared else None]
        rest = [(name, value) for name, value in scope["headers"] if not (shared and name == b"authorization")]
        await app({**scope, "headers": [*filter(None, headers), *rest]}, receive, send)

    app = mock.create_app(mock.Settings(token=TOKEN, fault="skip-ignored"))
    with serving(sharing) as port:
        asked_for = ("skip-leaves-out", "auth-malformed", "auth-near-miss", "auth-other-scheme")
        options = [part for name in asked_for for part in ("--requirement", name)]
        said = judge(f"http://{HOST}:{port}", "--seed", "1", *options, *EXACT, token="", MESH_EXPORT_SHARE_KEY=key)
    assert "skip-leaves-out" in said.with_outcome("violated")
    assert "auth-malformed" in said.with_outcome("holds")
    assert {"auth-near-miss", "auth-other-scheme"} <= said.with_outcome("unexercised")
    assert '"Authorization: Basic $MESH_EXPORT_SHARE_KEY"' in said.output
    assert key not in whole(said)


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--token-file", "x"), {"MESH_EXPORT_TOKEN": TOKEN}, "MESH_EXPORT_TOKEN and --token-file both give"),
        (("--token-file", "x", "--token-command", "y"), {}, "--token-file and --token-command both give"),
        ((), {"MESH_EXPORT_TOKEN": TOKEN, "MESH_EXPORT_SHARE_KEY": "k"}, "leave all but one out"),
        (("--issuer", "https://ims.example"), {}, "needs MESH_EXPORT_CLIENT_ID and MESH_EXPORT_CLIENT_SECRET"),
        ((), AS_CLIENT, "MESH_EXPORT_CLIENT_ID is set without --issuer"),
        (("--issuer", "http://ims.example"), AS_CLIENT, "must be an https URL"),
        (("--token-file", "/no/such"), {}, "cannot be read"),
        (("--token-command", "'"), {}, "check its quotes"),
        (("--token-file", "/dev/null"), {}, "--token-file '/dev/null' gives no token."),
        (("--token-command", "/no/such"), {}, "names a program that is not there"),
        ((), {"MESH_EXPORT_TOKEN": "two\nlines"}, "no header can carry"),
    ],
)
def test_wrong_use_gets_one_sentence_and_code_2(
    arguments: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    with mock.serve(mock.Settings(token=TOKEN)) as url:
        said = command("--url", url, *arguments, **{"token": "", **_as_token(variables)})
    assert said.code == 2, said.output
    assert says in said.output
    assert len(said.output.strip().splitlines()) == 1


def _as_token(variables: dict[str, str]) -> dict[str, str]:
    return {"token" if name == "MESH_EXPORT_TOKEN" else name: value for name, value in variables.items()}


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--issuer", f"http://{HOST}:9"), AS_CLIENT, "No answer from the issuer"),
        (("--token-command", f"{sys.executable} -c 'exit(3)'"), {}, "ended with 3"),
        (("--token-command", f"{sys.executable} -c ''"), {}, "gives no token"),
        (("--token-command", "echo '{'"), {}, "JSON that cannot be read"),
        (("--token-command", "echo x >&2"), {}, "--token-command, which no shell reads, has characters that no header"),
    ],
)
def test_a_source_that_has_no_credential_gets_one_sentence_and_code_3(
    arguments: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    with mock.serve(mock.Settings(token=TOKEN)) as url:
        said = judge(url, *arguments, token="", **variables)
    assert said.code == 3, said.output
    assert says in said.output
    assert len(said.output.strip().splitlines()) == 2


def test_a_client_that_the_issuer_does_not_know_gets_one_sentence() -> None:
    with issuing(lifetime=60) as issuer, mock.serve(mock.Settings(token=TOKEN)) as url:
        said = judge(url, "--issuer", issuer.url, token="", **{**AS_CLIENT, "MESH_EXPORT_CLIENT_SECRET": "wrong-one"})
    assert said.code == 3
    assert "The issuer of --issuer refuses the client (invalid_client)" in said.output


def test_no_option_takes_a_secret() -> None:
    said = command("--token", "x", token="")
    assert said.code == 2
    assert "There is no option --token" in said.output
