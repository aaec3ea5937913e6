"""The suite by way of certificates of our own and a real proxy, by option and by environment."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from attrs import field, frozen
from starlette.types import Receive, Scope, Send
from suite import TOKEN, Said, judge
from suite_serving import HOST, serving

from conformance import mock
from conformance.connection import user_agent

NAME = "mesh-export.test"  # not on loopback, as far as anyone can tell from the name
QUICK = ("--seed", "1", "--requirement", "path-served", "--rate", "300", "-k", "both_paths")


@frozen
class Secured:
    """An endpoint over HTTPS, and the file of the authority that it was certified by."""

    port: int
    authority: Path
    agents: set[str] = field(factory=set)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    authority, file = tmp_path / "authority.pem", tmp_path / "server.pem"
    ours = trustme.CA()
    ours.cert_pem.write_to_path(authority)
    ours.issue_cert(HOST, NAME).private_key_and_cert_chain_pem.write_to_path(file)
    agents: set[str] = set()
    app = mock.create_app(mock.Settings(token=TOKEN))

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        agents.update(value.decode() for name, value in scope["headers"] if name == b"user-agent")
        await app(scope, receive, send)

    with serving(noting, file) as port:
        yield Secured(port, authority, agents)


@contextmanager
def proxying(folder: Path) -> Iterator[tuple[str, Path]]:
    """Run a real proxy that finds our name on the loopback; give its URL and its log."""
    log, port_file = folder / "proxy.log", folder / "proxy.port"
    (folder / "names.py").write_text(
        "from proxy.http.proxy import HttpProxyBasePlugin\n"
        "class Names(HttpProxyBasePlugin):\n"
        f"    def resolve_dns(self, host, port): return ({HOST!r} if host == {NAME!r} else None), None\n"
    )
    call = [sys.executable, "-m", "proxy", "--hostname", HOST, "--port", "0", "--port-file", str(port_file)]
    call += ["--num-acceptors", "1", "--num-workers", "1", "--log-file", str(log), "--plugins", "names.Names"]
    running = subprocess.Popen(call, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"http://{HOST}:{port_file.read_text().strip()}", log
    finally:
        running.terminate()
        running.wait(20)


def judged(said: Said) -> bool:
    return said.report != {} and said.with_outcome("holds") == {"path-served"}


def test_a_certificate_of_our_own_is_trusted_by_option_and_by_environment(secured: Secured) -> None:
    url = f"https://{HOST}:{secured.port}"
    by_option = judge(url, "--ca-file", str(secured.authority), *QUICK)
    assert judged(by_option), by_option.output
    by_environment = judge(url, *QUICK, SSL_CERT_FILE=str(secured.authority))
    assert judged(by_environment), by_environment.output
    assert secured.agents == {user_agent()}


def test_a_certificate_that_nobody_vouches_for_gets_one_sentence_and_code_3(secured: Secured) -> None:
    said = judge(f"https://{HOST}:{secured.port}", *QUICK)
    assert said.code == 3
    assert "its certificate is not trusted (unable to get local issuer certificate)" in said.output
    assert "--ca-file" in said.output
    assert "Traceback" not in said.output


def test_a_certificate_for_another_host_gets_one_sentence_and_code_3(secured: Secured) -> None:
    said = judge(f"https://localhost:{secured.port}", "--ca-file", str(secured.authority), *QUICK)
    assert said.code == 3
    assert "Hostname mismatch" in said.output


def test_a_proxy_is_gone_through_by_option_and_by_environment(secured: Secured, tmp_path: Path) -> None:
    trust = ("--ca-file", str(secured.authority))
    with proxying(tmp_path) as (proxy, log):
        on_loopback = judge(f"https://{HOST}:{secured.port}", "--proxy", proxy, *trust, *QUICK)
        by_environment = judge(f"https://{NAME}:{secured.port}", *trust, *QUICK, HTTPS_PROXY=proxy, NO_PROXY="")
        with mock.serve(mock.Settings(token=TOKEN)) as plain:
            in_the_open = judge(plain, "--proxy", proxy, *QUICK)
        closed = judge(f"https://{HOST}:{closed_port()}", "--proxy", proxy, *trust, *QUICK)
    for said in (on_loopback, by_environment, in_the_open):
        assert judged(said), said.output
    assert closed.code == 3
    assert len(closed.output.strip().splitlines()) <= 2
    went = log.read_text()
    assert f"CONNECT {HOST}:{secured.port}" in went
    assert f"CONNECT {NAME}:{secured.port}" in went
    assert TOKEN not in by_environment.output


@pytest.mark.parametrize("host", [HOST, NAME], ids=["loopback", "elsewhere"])
def test_a_proxy_that_does_not_answer_is_blamed_and_not_the_server(host: str) -> None:
    proxy = f"http://user:pass@{HOST}:{closed_port()}"
    if host == HOST:
        said = judge(f"http://{host}:1", "--proxy", proxy.replace("user:pass@", ""), *QUICK)
    else:
        said = judge(f"https://{host}:1", *QUICK, HTTPS_PROXY=proxy, NO_PROXY="")
    assert said.code == 3, said.output
    assert f"{HOST}:{proxy.rpartition(':')[2]} does not answer: check --proxy, or HTTPS_PROXY." in said.output
    assert "pass" not in said.output


def test_the_environment_sends_nothing_on_loopback_through_a_proxy() -> None:
    with mock.serve(mock.Settings(token=TOKEN)) as url:
        said = judge(url, *QUICK, HTTP_PROXY=f"http://{HOST}:{closed_port()}", NO_PROXY="")
    assert judged(said), said.output


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--ca-file", "/no/such"), {}, "--ca-file '/no/such' cannot be read as certificates"),
        ((), {"SSL_CERT_FILE": "/no/such"}, "SSL_CERT_FILE cannot be read as certificates"),
        (("--proxy", "proxy.example"), {}, "is no proxy"),
        (("--proxy", "http://user:pass@proxy.example"), {}, "without user and password"),
    ],
)
def test_wrong_use_gets_one_sentence_and_code_2(
    arguments: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    said = judge(f"http://{HOST}:9", *arguments, **variables)
    assert said.code == 2
    assert says in said.output
    assert "pass" not in said.output.replace("password", "")
    assert len(said.output.strip().splitlines()) == 1


def test_the_user_agent_names_the_suite_and_its_readme() -> None:
    name, _, link = user_agent().partition(" ")
    assert name.startswith("mesh-export-conformance/")
    assert link.startswith("(+https://")
    assert link.endswith(")")
