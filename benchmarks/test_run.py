"""What a run of the suite takes, by the size of the collection and by its own length, and a request: `make bench`.

Memory is to be the same however long a run is, and to stop growing where a collection is sampled.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from rows import Row

from conformance.credentials import Credentials, from_text
from conformance.endpoint import Endpoint, Limits
from conformance.exchange import Request
from conformance.redaction import Redactor
from scripts.generate import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rows import Table

TOKEN = "token-of-the-measurement"
BY_HAND: dict[str, Any] = {
    "headers": {"Authorization": f"Bearer {TOKEN}"},
    # As the endpoint does on loopback: a connection for each request.
    "limits": httpx2.Limits(max_connections=10, max_keepalive_connections=0),
    "trust_env": False,
}
PROGRAM = """
import sys
from conformance.command import main
code = main(sys.argv[1:])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""
TIME = "Seconds of a run of 300 requests, --max-walk 5, by the size of the collection"
MEMORY = "Memory of that run at its peak"
PACE = "A request, of 600 distinct ones to a local server, by how many are under way"
ALIKE = "Hiding the signed links of a page of 100, by how many links are known that begin alike"
LENGTH = "Memory of a run at its peak, by its length, 1,000 exports"


@contextmanager
def serving(size: int) -> Iterator[str]:
    """The mock in a process of its own."""
    call = [sys.executable, "-m", "conformance.mock", "--port", "0", "--token", TOKEN, "--size", str(size)]
    server = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def run(url: str, folder: Path, *options: str) -> tuple[float, int]:
    """Seconds and bytes at the peak of a run in a process of its own."""
    # The peak that the system keeps of a process counts its parent too: the one of its own memory is asked for.
    call = [sys.executable, "-c", PROGRAM, "--url", url, "--seed", "1", "--report-dir", str(folder)]
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN}
    began = time.monotonic()
    done = subprocess.run([*call, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return time.monotonic() - began, int(done.stderr.split()[-2]) * 1024


@pytest.mark.parametrize("concurrency", [1, 8])
def test_pace(table: Table, concurrency: int) -> None:
    requests = [Request(f"$top=3&$skip={number}") for number in range(600)]
    redactor, limits = Redactor(), Limits(concurrency=concurrency)
    with serving(250) as url:
        credentials = Credentials(from_text("MESH_EXPORT_TOKEN", TOKEN), redactor.add)
        endpoint = Endpoint(url, credentials, limits, redactor, lambda _exchange: None)
        began = time.monotonic()
        exchanges = endpoint.send_all(requests)
        seconds = time.monotonic() - began
        endpoint.close()
    assert {exchange.status for exchange in exchanges} == {200}
    name = f"{concurrency} under way"
    base = "" if concurrency == 1 else "1 under way"
    table.add(Row(PACE, name, seconds / len(requests), base=base, bound="5 ms: 200 a second"))


def in_threads(url: str, targets: list[str]) -> list[int]:
    with httpx2.Client(**BY_HAND) as client, ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda target: client.get(url + target).status_code, targets))


def in_one_loop(url: str, targets: list[str]) -> list[int]:
    async def main() -> list[int]:
        async with httpx2.AsyncClient(**BY_HAND) as client:
            room = asyncio.Semaphore(8)

            async def get(target: str) -> int:
                async with room:
                    return (await client.get(url + target)).status_code

            return await asyncio.gather(*map(get, targets))

    return asyncio.run(main())


@pytest.mark.parametrize("send", [in_threads, in_one_loop], ids=["Client in threads", "AsyncClient"])
def test_pace_by_hand(
    table: Table, send: Callable[[str, list[str]], list[int]], request: pytest.FixtureRequest
) -> None:
    """The endpoint sends in the first of the two ways: it is no slower, and its callers need not be coroutines."""
    with serving(250) as url:
        began = time.monotonic()
        statuses = send(url, [f"/mesh-export/?$top=3&$skip={number}" for number in range(600)])
        seconds = time.monotonic() - began
    assert set(statuses) == {200}
    table.add(Row(PACE, f"8 under way, httpx2.{request.node.callspec.id}", seconds / 600, base="1 under way"))


@pytest.mark.parametrize("known", [100, 1_000])
def test_hiding_of_links_that_begin_alike(table: Table, known: int) -> None:
    head = "https://tiles.example/c?sv=2025-01-05&spr=https&st=2026-01-01T00%3A00%3A00Z&sr=c&sp=r&sig="
    redactor = Redactor()
    redactor.add_links(f"{head}{number:08}signature" for number in range(known))
    page = json.dumps([f"{head}{number:08}signature" for number in range(100)])
    redactor("")
    began = time.monotonic()
    hidden = redactor(page)
    seconds = time.monotonic() - began
    assert "signature" not in hidden
    table.add(Row(ALIKE, f"{known:,} links", seconds, base="" if known == 100 else "100 links"))


@pytest.mark.parametrize("size", [1_000, 10_000, 100_000])
def test_run_by_size(table: Table, tmp_path: Path, size: int) -> None:
    base = "" if size == 1_000 else "1,000 exports"
    with serving(size) as url:
        seconds, memory = run(url, tmp_path, "--max-requests", "300", "--max-walk", "5")
    table.add(Row(TIME, f"{size:,} exports", seconds, base=base))
    table.add(Row(MEMORY, f"{size:,} exports", memory, "B", base=base))


@pytest.mark.parametrize("requests", [500, 1_500, 6_000])
def test_run_by_length(table: Table, tmp_path: Path, requests: int) -> None:
    base = "" if requests == 500 else "500 requests"
    with serving(1_000) as url:
        _, memory = run(url, tmp_path, "--profile", "full", "--max-requests", str(requests))
    table.add(Row(LENGTH, f"{requests:,} requests", memory, "B", base=base, bound="1.3" if base else ""))
