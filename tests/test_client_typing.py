"""Types: a program that uses each row of the package passes strict checks, runs, and a wrong one does not pass."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import sysconfig
import typing
from pathlib import Path

import client_sample
import mesh_export_client
import pytest
from mesh_export_client import AsyncMeshExportClient, MeshExportClient

from conformance.mock import Reading, Settings, serve

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
TOKEN = "token-of-the-sample"
WRONG = """
from mesh_export_client import MeshExportClient

with MeshExportClient("a") as client:
    for export in client.exports.list(imodelid="b", top="many", no_such_option=1):
        export.display_name = "c"
        print(export.displayName, export.tileset_url.upper())
    client.exports.get("a", extra_body={})
"""
MISTAKES = 6


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_mypy_is_content_with_package_and_sample() -> None:
    finished = run(sys.executable, "-m", "mypy", "generated/mesh_export_client", "tests/client_sample.py")
    assert finished.returncode == 0, finished.stdout


@pytest.mark.skipif(not shutil.which("node"), reason="pyright runs on node")
def test_pyright_is_content_with_package_and_sample() -> None:
    finished = run(SCRIPTS / "pyright")
    assert finished.returncode == 0, finished.stdout
    assert "0 errors, 0 warnings" in finished.stdout


def test_a_wrong_program_is_found_out(tmp_path: Path) -> None:
    program = tmp_path / "wrong.py"
    program.write_text(WRONG, encoding="utf-8")
    finished = run(sys.executable, "-m", "mypy", program)
    assert finished.returncode == 1
    assert finished.stdout.count("error:") >= MISTAKES, finished.stdout


def test_the_sample_runs() -> None:
    with serve(Settings(token=TOKEN, seed=1, reading=Reading(operations="all"))) as url:
        with MeshExportClient(TOKEN, base_url=url) as client:
            export = next(iter(client.exports.list(representation="full")))
            client_sample.models(export)
            assert client_sample.paging(client) > 3
            client_sample.options(client)
            client_sample.starting(client)
            assert client_sample.raw(client)
            assert client_sample.errors(client) == "$top"
            client_sample.waiting(client, export) if export.status == "Complete" else None
            plain = client_sample.the_program(client)

        async def awaited() -> list[str]:
            async with AsyncMeshExportClient(TOKEN, base_url=url) as twin:
                assert await client_sample.async_paging(twin) == 0
                assert await client_sample.async_raw(twin)
                return await client_sample.its_twin(twin)

        assert asyncio.run(awaited()) == plain
        assert len(client_sample.clients(url)) == 6


def test_annotations_hold_at_run_time() -> None:
    for name in mesh_export_client.__all__:
        thing = getattr(mesh_export_client, name)
        if isinstance(thing, type):
            typing.get_type_hints(thing)
    typing.get_type_hints(MeshExportClient.__init__)
    with MeshExportClient("a") as client:
        typing.get_type_hints(client.exports.list)


def test_every_public_thing_is_documented() -> None:
    for name in mesh_export_client.__all__:
        thing = getattr(mesh_export_client, name)
        if isinstance(thing, type):
            assert thing.__doc__, name
            public = (member for key, member in vars(thing).items() if not key.startswith("_") and callable(member))
            assert all(member.__doc__ for member in public), name
