"""No byte that the suite writes or prints holds a secret, whatever a server makes of the secrets that it is sent.

The secrets are of hypothesis' making. The server repeats each of them everywhere and in many spellings: the token, what
the suite makes of it, and the signatures of its mesh links. Every byte that comes of a run is then read as somebody
would who looks for secrets: escapes undone and base64 decoded, by code of its own.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from suite import ROOT, TOKEN, judge
from suite_serving import HOST, serving

from conformance import mock

PYTEST = Path(sys.executable).with_name("pytest")
SECRETS = (
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=20, max_size=60)
    # What is all but one letter, or a word of this project, says nothing and stands in many a text.
    .filter(lambda text: len(set(text)) > 7)
    .map(lambda text: f"q~W{text}-_zQ7")
)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "every character": lambda text: "".join(f"%{ord(one):02x}" for one in text),
    "json": lambda text: json.dumps(text)[1:-1],
    "json twice": lambda text: json.dumps(json.dumps(text)),
    "json by number": lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
    "html": html.escape,
    "upper": str.upper,
    "upper percent": lambda text: quote(text, safe="").upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(f'{{"token": "{text}"}}'.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"u:{text}".encode()).decode(),
    "base64 in percent": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
}
_ORDINARY = re.compile(rb"[A-Za-z0-9+/_-]{16,}")


def readings(written: bytes) -> Iterator[str]:
    """A text as it stands, with its escapes undone in several orders, and what its base64 and hexadecimal say."""
    text = written.decode("utf-8", "replace")
    once = re.sub(r"\\+u00([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)
    bare = once.replace("\\", "")
    for stage in (text, once, bare, html.unescape(text), html.unescape(bare)):
        yield stage
        yield unquote(stage)
        yield unquote(unquote(stage))
        yield unquote(unquote(unquote(stage)))
    for run in set(_ORDINARY.findall(unquote(text).encode())):
        for skipped in range(4):
            part = run.replace(b"-", b"+").replace(b"_", b"/")[skipped:]
            decoded = base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1")
            yield decoded
            yield unquote(decoded)
        if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", run):
            yield bytes.fromhex(run.decode()).decode("latin-1")


def found(written: bytes, secrets: list[str]) -> list[str]:
    """The secrets that a text holds, in whatever case, whole or all but a few of their characters."""
    parts = {secret: [secret.lower()[:-3], secret.lower()[3:], secret.lower().replace("\\", "")] for secret in secrets}
    everything = [reading.lower() for reading in readings(written)]
    return [secret for secret, some in parts.items() if any(part in each for part in some for each in everything)]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_search_finds_what_is_planted(spelling: str) -> None:
    secret = 'q~Wx"3&%k\\7Zt!r0-_p+Y/m'
    for text in (f"<{SPELLINGS[spelling](secret)}>", json.dumps({"a": SPELLINGS[spelling](secret)})):
        assert found(text.encode(), [secret]), text
    assert not found(b"an honest text of some length, https://example.com/?$top=5", [secret])


def repeating(app: ASGIApp, token: str, signature: str) -> ASGIApp:
    """An endpoint whose answers repeat the token, or what came for it, and a signature, in each spelling in turn."""
    turns = itertools.cycle(SPELLINGS.values())

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        spell = next(turns)
        sent = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        told = [spell(sent.partition(" ")[2].strip() or token), spell(signature)]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
                more = [(f"x-{n}-debug".encode(), one.encode("latin-1", "replace")) for n, one in enumerate(told)]
                location = (b"location", f"https://{HOST}/login?t={told[0]}&s={told[1]}".encode("latin-1", "replace"))
                cookie = (b"set-cookie", f"session={told[0]}".encode("latin-1", "replace"))
                await send({**message, "headers": [*kept, *more, location, cookie]})
            else:
                body = message.get("body", b"")
                await send({**message, "body": body if scope["method"] == "HEAD" else spoilt(body)})

        def spoilt(body: bytes) -> bytes:
            try:
                document = json.loads(body)
            except ValueError:
                return body + " ".join(told).encode()
            error = document.get("error")
            if isinstance(error, dict):
                error["message"] = f"{error.get('message')} {told[0]} {told[1]}"
                error["code"] = told[0]
                error["target"] = told[1]
            for export in document.get("exports", []):
                export["displayName"] = told[0]
                export["status"] = told[1]
                export["lastModified"] = told[0]
                if "_links" in export:
                    export["_links"]["mesh"]["href"] = f"https://tiles.example/c?{signed(signature)}"
            for name, link in document.get("_links", {}).items():
                link["href"] += f"&access_token={told[0]}" if name == "next" else f"#{told[0]}"
            return json.dumps(document).encode()

        await app(scope, receive, tell)

    return outer


def signed(signature: str) -> str:
    return f"sv=2021&se=2025-11-24T10%3A00%3A00Z&sig={quote(signature, safe='')}"


def written_by(url: str, token: str, other: str, folder: Path, *options: str) -> dict[str, bytes]:
    """Run the suite in a process of its own, and give every byte that it wrote, by where."""
    places = {name: folder / name for name in ("report", "temporary", "home")}
    for place in places.values():
        place.mkdir(parents=True)
    tokens = {"MESH_EXPORT_TOKEN": token, "MESH_EXPORT_OTHER_TOKEN": other}
    home = str(places["home"])
    variables = {**tokens, "TMPDIR": str(places["temporary"]), "HOME": home, "XDG_CACHE_HOME": home}
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "step-summary.md")}
    call = [str(PYTEST), str(ROOT / "conformance"), "--url", url, "--report-dir", str(places["report"]), *options]
    done = subprocess.run(call, cwd=folder, env={**os.environ, **variables, **github}, capture_output=True, check=False)
    assert done.returncode in (1, 5), done.stdout + done.stderr
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {"stdout": done.stdout, "stderr": done.stderr, **files}


LOUD = ("-vv", "--tb=long", "--showlocals", "-rA", "--log-cli-level=DEBUG", "--log-file=log.txt")
FEW = ("--max-requests", "120")
CHOSEN = ("-k", "credentials or access or methods or both_paths or whole_list or prefix or invalid")


@pytest.mark.parametrize(
    ("token", "other", "signature"),
    [
        (
            # pytest cuts what it shows of it in the middle, so that its beginning is missing.
            "]mX9J9jR|][{cFg{*=2V(D186w}2S$38{U-tT[Xw",
            "^YLH$J.J>XAZQ6PP[2EEPqe2C#DE_?EH",
            "qD>0p,Bn#H8;lSEz!!Yk5vz\"0={%*^'VSpI;-K,(uSX@r.yx?&<tj|Bmg5,:",
        ),
        (
            'faY<St5<<QS09A=$oIh&(uDm^OU/_G;B|"7#e-.R&$H7OgZ[TeM/[YP15TlI',
            "^YLH$J.J>XAZQ6PP[2EEPqe2C#DE_?EH",
            '-d=8:sjJr,`o,y"u*/O5mYa7+;7<FPc@zt"prd^*-G_9I4r;>,Xb[8K.M.',
        ),
    ],
    ids=["cut in the middle", "quoted"],
)
def test_nothing_that_is_written_holds_a_secret_of_such_letters(
    token: str, other: str, signature: str, tmp_path: Path
) -> None:
    hold_no_secret(token, other, signature, tmp_path)


@settings(max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(token=SECRETS, other=SECRETS, signature=SECRETS)
def test_nothing_that_is_written_holds_a_secret(
    token: str, other: str, signature: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hold_no_secret(token, other, signature, tmp_path_factory.mktemp("run"))


def hold_no_secret(token: str, other: str, signature: str, folder: Path) -> None:
    """Run the suite against a server that repeats the secrets, and find none of them in what the run writes."""
    app = repeating(mock.create_app(mock.Settings(token=token, other_token=other, size=110)), token, signature)
    with serving(app) as port:
        written = written_by(f"http://{HOST}:{port}", token, other, folder, "--seed", "1", *FEW, *CHOSEN, *LOUD)
    assert {"report/report.json", "report/report.html", "report/junit.xml", "stdout", "log.txt"} <= written.keys()
    assert len(written["report/report.json"]) > 20_000
    secrets = [token, token[::-1], other, signature]
    assert {place: held for place, text in written.items() if (held := found(text, secrets))} == {}


@pytest.mark.parametrize("fault", ["token-in-one-mesh-link", "token-suffix-accepted", "auth-optional"])
def test_a_fault_is_told_without_the_secret(fault: str) -> None:
    with mock.serve(mock.Settings(token=TOKEN, size=110, fault=fault)) as url:
        said = judge(url, "--seed", "1", *CHOSEN)
    written = said.output + json.dumps(said.report, ensure_ascii=False)
    assert said.with_outcome("violated")
    assert not found(written.encode(), [TOKEN, TOKEN[::-1]])
    assert "sig=" not in written


def test_a_token_in_a_query_is_taken_from_the_environment_by_the_line_that_sends_it_again() -> None:
    with mock.serve(mock.Settings(token=TOKEN, fault="token-taken-from-query")) as url:
        said = judge(url, "--seed", "1", "-k", "without_authorization")
    findings = next(each for each in said.report["requirements"] if each["id"] == "auth-required")["findings"]
    assert "?access_token='\"$MESH_EXPORT_TOKEN\"'" in findings[0]["curl"]
    assert not found(json.dumps(said.report).encode(), [TOKEN])
