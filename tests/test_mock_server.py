"""The endpoint on a socket, and its command."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from conformance.mock import serve

if TYPE_CHECKING:
    from pathlib import Path

BEARER = {"authorization": "Bearer mock-token"}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "conformance.mock", *arguments]


def test_starts_and_stops_quickly() -> None:
    begin = time.monotonic()
    with serve() as url, httpx2.Client() as client:
        assert client.get(f"{url}/mesh-export/", headers=BEARER).status_code == 200
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /mesh-export/?exportType=%FF%00 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer mock-token\r\n\r\n",
        b"GET /mesh-export/?exportType=\xff HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer mock-token\r\n\r\n",
        b"GET /mesh-export/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \xe9\r\nPrefer: \xff\r\n\r\n",
        b"GET /mesh-export/ HTTP/1.1\r\nHost: \xff/?#\r\nAuthorization: Bearer mock-token\r\n\r\n",
        b"POST /mesh-export/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
        b"\x00\r\n\r\n",
    ],
)
def test_odd_bytes_never_end_in_a_server_error(raw: bytes) -> None:
    with serve() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(raw)
            status = int(connection.recv(4096).split(b" ")[1])
    assert status in {200, 400, 401, 405, 422}


def test_command_serves_until_it_is_told_to_stop() -> None:
    with subprocess.Popen(_command("--port", "0", "--size", "3"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"Serving Mesh Export on (http://127\.0\.0\.1:\d+) \(token: mock-token\)\n", line)
        assert match is not None
        reply = httpx2.get(f"{match[1]}/mesh-export/", headers=BEARER)
        process.terminate()
    assert len(reply.json()["exports"]) == 3


def test_command_keeps_a_given_token_to_itself(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"exports": [{"id": "57ea169d-144a-4219-b530-9ce360fd194f", "displayName": "Mine"}]}))
    command = _command("--port", "0", "--token", "quiet-1", "--data", str(data))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.rpartition(" ")[2].strip()
        reply = httpx2.get(f"{url}/mesh-export/", headers={"authorization": "Bearer quiet-1"})
        process.terminate()
    assert "quiet-1" not in line
    assert [export["displayName"] for export in reply.json()["exports"]] == ["Mine"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--reading", "bogus"],
        ["--reading", "top_zero=bogus"],
        ["--fault", "bogus"],
        ["--size", "-1"],
        ["--port", "bogus"],
        ["--bogus"],
        ["--data", "bogus"],
        ["--token", ""],
        ["--other-token", ""],
        ["--other-token", "mock-token"],
        ["--host", "bogus.invalid"],
    ],
)
def test_wrong_use_gets_one_sentence(arguments: list[str]) -> None:
    done = subprocess.run(_command(*arguments), capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")


def test_list_names_readings_and_faults() -> None:
    done = subprocess.run(_command("--list"), capture_output=True, text=True, check=True, timeout=30)
    assert "  foreign-links" in done.stdout
    assert "  top_zero=refuse|empty|default" in done.stdout
