"""Send very many made-up requests to the mock in this process, and see that it stands them: `make soak`.

Exit codes: 0 no server error, and memory stayed flat; 1 otherwise. What the answers mean is not looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from conformance import values
from conformance.mock import READINGS, Settings, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette

_TOKEN: Final = "token-of-the-soak"  # noqa: S105  the mock's own
_PATHS: Final = ("/mesh-export/", "/mesh-export", "/mesh-export/x", "/", "/mesh-export/%00", "//mesh-export/")
_METHODS: Final = ("GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "DELETE", "PROPFIND")
_NAMES: Final = (*values.FREE, "x", "$top[]", "%24top", "$TOP", "\0", "filter")
_PREFERENCES: Final = ("return=minimal", "return=representation", 'return="', ";;;", "=", "a=b; return=minimal", "\xff")
_ROOTS: Final = ("https://example.com", "http://[", "::", "https://example.com/a b", "\xff", "")
_CREDENTIALS: Final = (f"Bearer {_TOKEN}",) * 8 + ("", "Bearer", "Bearer x", f"Basic {_TOKEN}", "\xff")
_WARM_UP: Final = 0.1
_ROOM: Final = 16 * 1024 * 1024
"""Bytes that memory may grow by after the warm-up: what an allocator keeps, not what a leak takes."""


def request(rng: random.Random) -> tuple[str, str, str, list[tuple[str, str]]]:
    """A method, a path, a query and header lines: half sensible, half not."""
    parts = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        name = rng.choice(_NAMES)
        known = (*values.FREE.get(name, ()), *values.INVALID.get(name, ()), "1", "37", "date:asc", "3DTiles")
        value = rng.choice(known) if rng.random() < 0.8 else _noise(rng)
        parts.append(f"{name}={quote(value, safe='') if rng.random() < 0.8 else value}")
    headers = [("authorization", rng.choice(_CREDENTIALS))]
    if rng.random() < 0.5:
        headers.append(("prefer", rng.choice(_PREFERENCES)))
    if rng.random() < 0.2:
        headers.append(("x-api-host-and-root", rng.choice(_ROOTS)))
    return rng.choice(_METHODS), rng.choice(_PATHS[:2] if rng.random() < 0.9 else _PATHS), "&".join(parts), headers


def _noise(rng: random.Random) -> str:
    return "".join(chr(rng.choice((rng.randrange(128), rng.randrange(0xD800)))) for _ in range(rng.randrange(40)))


async def send(app: Starlette, rng: random.Random) -> int:
    """Send one request to the application, and give the status of its answer; 0 where it gave none."""
    method, path, query, headers = request(rng)
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def take(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = int(message.get("status", status))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode("utf-8", "replace"),
        "headers": [(b"host", b"127.0.0.1"), *((name.encode(), value.encode("latin-1")) for name, value in headers)],
    }
    # The application answers 500 before it lets an error through; where it could not even do that, the status is 0.
    with contextlib.suppress(Exception):
        await app(scope, receive, take)
    return status


def resident() -> int:
    """Bytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def soak(requests: int, seed: int) -> int:
    """Send the requests, print what came, and give the exit code."""
    rng = random.Random(seed)  # noqa: S311  made-up requests, no secrets
    names = [name for name, reading in READINGS.items() if not reading.rate]
    apps = [create_app(Settings(token=_TOKEN, reading=READINGS[name])) for name in names]
    statuses: Counter[int] = Counter()
    began, before = time.monotonic(), resident()
    for number in range(requests):
        if number == int(requests * _WARM_UP):
            before = resident()
        statuses[await send(rng.choice(apps), rng)] += 1
    after, seconds = resident(), time.monotonic() - began
    errors = sum(count for status, count in statuses.items() if status >= 500 or status == 0)
    print(f"{requests} requests to {len(apps)} readings of the mock in {seconds:.0f} s, seed {seed}")
    print("Statuses: " + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())))
    print(f"Server errors: {errors}")
    print(f"Memory: {before / 2**20:.1f} MB after the warm-up, {after / 2**20:.1f} MB at the end")
    return int(errors > 0 or after - before > _ROOM)


def main() -> int:
    """Read the options and send."""
    parser = argparse.ArgumentParser(description="Send made-up requests to the mock in this process.")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    return asyncio.run(soak(chosen.requests, chosen.seed))


if __name__ == "__main__":
    sys.exit(main())
