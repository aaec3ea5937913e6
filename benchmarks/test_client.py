"""How fast the client is, against a plain httpx2 client on the same server in the same run: `make bench`.

Nothing here passes or fails by a time: the ratios of the medians are for a person to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import socket
import statistics
import subprocess
import sys
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import yaml
from mesh_export_client import AsyncMeshExportClient, ExportListResponse, MeshExportClient
from mesh_export_client._call import reader
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from rows import Row

from scripts.generate import ROOT, SPEC, for_generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rows import Table

TOKEN = "token-of-the-measurement"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/vnd.bentley.itwin-platform.v1+json",
    "Prefer": "return=representation",
}
SIZE = 10_000
PAGE = "A page of 1,000 exports in full representation, end to end"
DECODING = "Decoding that page"
WALK = "10,000 exports walked"
MEMORY = "Memory of 10,000 exports in full representation"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with ten full pages, in a process of its own: it must not take turns with what is measured."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--port", str(port), "--token", TOKEN, "--seed", "1", "--size", str(SIZE)]
    server = subprocess.Popen([sys.executable, "-m", "conformance.mock", *options], cwd=ROOT, stdout=subprocess.DEVNULL)
    found = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            with contextlib.suppress(httpx2.TransportError):
                httpx2.get(found)
                break
            time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def page(url: str) -> bytes:
    """A page of 1,000 exports in full representation."""
    return httpx2.get(f"{url}/mesh-export/?$top=1000", headers=HEADERS).content


def test_page_by_hand(benchmark: Any, table: Table, url: str) -> None:
    with httpx2.Client(headers=HEADERS) as client:
        body = table.measure(
            benchmark,
            lambda: client.get(f"{url}/mesh-export/?$top=1000").json(),
            group=PAGE,
            name="httpx2.Client.get(url).json()",
        )
    assert len(body["exports"]) == 1000


def test_page(benchmark: Any, table: Table, url: str) -> None:
    with MeshExportClient(TOKEN, base_url=url) as client:
        exports = client.exports.list(top=1000, representation="full")
        found = table.measure(
            benchmark,
            lambda: next(exports.pages()),
            group=PAGE,
            name="MeshExportClient, typed",
            base="httpx2.Client.get(url).json()",
            bound="1.1",
        )
    assert len(found.exports) == 1000


def test_decoding_untyped(benchmark: Any, table: Table, page: bytes) -> None:
    table.measure(benchmark, lambda: json.loads(page), group=DECODING, name="json.loads")


def test_decoding(benchmark: Any, table: Table, page: bytes) -> None:
    read = reader(ExportListResponse)
    table.measure(benchmark, lambda: read(page), group=DECODING, name="the client's models", base="json.loads")


def test_decoding_by_the_stock_generator(benchmark: Any, table: Table, page: bytes, tmp_path: Path) -> None:
    config = Config.from_sources(
        ConfigFile(project_name_override="stock", package_name_override="stock_client", post_hooks=[]),
        MetaType.NONE,
        SPEC,
        file_encoding="utf-8",
        overwrite=True,
        output_path=tmp_path / "stock_client",
    )
    spec = for_generator(yaml.safe_load(SPEC.read_text(encoding="utf-8")))
    spec["components"]["schemas"]["ExportType"].pop("enum")  # it cannot name two values that differ in case alone
    data = GeneratorData.from_dict(spec, config=config)
    assert isinstance(data, GeneratorData)
    Project(openapi=data, config=config).build()
    sys.path.insert(0, str(tmp_path))
    try:
        stock = importlib.import_module("stock_client.models").ExportListResponse
    finally:
        sys.path.pop(0)
    found = table.measure(
        benchmark,
        lambda: stock.from_dict(json.loads(page)),
        rounds=20,
        group=DECODING,
        name="the stock generator's models",
        base="json.loads",
    )
    assert len(found.exports) == 1000


def by_hand(client: httpx2.Client, url: str) -> int:
    """Walk with a loop as one writes it by hand."""
    count, query = 0, "$top=1000"
    while query:
        body = client.get(f"{url}/mesh-export/?{query}").json()
        for _export in body["exports"]:
            count += 1
        query = body["_links"].get("next", {}).get("href", "").partition("?")[2]
    return count


async def by_hand_awaited(client: httpx2.AsyncClient, url: str) -> int:
    """Walk with a loop as one writes it by hand, awaiting."""
    count, query = 0, "$top=1000"
    while query:
        body = (await client.get(f"{url}/mesh-export/?{query}")).json()
        for _export in body["exports"]:
            count += 1
        query = body["_links"].get("next", {}).get("href", "").partition("?")[2]
    return count


def test_walk_by_hand(benchmark: Any, table: Table, url: str) -> None:
    with httpx2.Client(headers=HEADERS) as client:
        count = table.measure(benchmark, lambda: by_hand(client, url), rounds=10, group=WALK, name="a loop by hand")
    assert count == SIZE


def test_walk(benchmark: Any, table: Table, url: str) -> None:
    with MeshExportClient(TOKEN, base_url=url) as client:
        exports = client.exports.list(top=1000, representation="full")
        count = table.measure(
            benchmark,
            lambda: sum(1 for _ in exports),
            rounds=10,
            group=WALK,
            name="MeshExportClient",
            base="a loop by hand",
            bound="1.3",
        )
    assert count == SIZE


def test_walk_by_hand_awaited(benchmark: Any, table: Table, url: str) -> None:
    with asyncio.Runner() as runner:
        client = httpx2.AsyncClient(headers=HEADERS)
        count = table.measure(
            benchmark,
            lambda: runner.run(by_hand_awaited(client, url)),
            rounds=10,
            group=WALK,
            name="a loop by hand, awaited",
        )
        runner.run(client.aclose())
    assert count == SIZE


def test_walk_awaited(benchmark: Any, table: Table, url: str) -> None:
    with asyncio.Runner() as runner:
        client = AsyncMeshExportClient(TOKEN, base_url=url)
        exports = client.exports.list(top=1000, representation="full")

        async def walk() -> int:
            count = 0
            async for _export in exports:
                count += 1
            return count

        count = table.measure(
            benchmark,
            lambda: runner.run(walk()),
            rounds=10,
            group=WALK,
            name="AsyncMeshExportClient",
            base="a loop by hand, awaited",
            bound="1.3",
        )
        runner.run(client.aclose())
    assert count == SIZE


def held(make: Callable[[], object]) -> int:
    """Give the bytes that what a function gives holds."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept
    return size


def test_memory(table: Table, page: bytes) -> None:
    read = reader(ExportListResponse)

    def untyped(texts: list[bytes]) -> list[Any]:
        return [item for text in texts for item in json.loads(text)["exports"]]

    def typed(texts: list[bytes]) -> list[Any]:
        # The pages are copied, so that what the models keep of them counts.
        return [item for text in texts for item in read(bytes(bytearray(text))).exports]

    known = [page.replace(b'"displayName":"', b'"displayName":"%d ' % number) for number in range(SIZE // 1000)]
    more = [text.replace(b'"displayName":', b'"region":"eu","displayName":') for text in known]
    for base, models, texts in (
        ("dict", "models", known),
        ("dict, with a member that is not known", "models, with what is kept of it", more),
    ):
        table.add(Row(MEMORY, base, held(partial(untyped, texts)), "B"))
        table.add(Row(MEMORY, models, held(partial(typed, texts)), "B", base=base, bound="1"))


def started(module: str) -> float:
    """Give the seconds that a new interpreter takes to import a module, the median of several."""
    program = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(ROOT / "generated")}
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(9)]
    return statistics.median(float(run.stdout) for run in runs)


def test_import(table: Table) -> None:
    for module in ("httpx2", "mesh_export_client"):
        base = "import httpx2" if module != "httpx2" else ""
        table.add(Row("Import time", f"import {module}", started(module), base=base))


def test_generation(table: Table) -> None:
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, ROOT / "scripts" / "generate.py", "--check"], check=True)
        seconds.append(time.perf_counter() - begun)
    table.add(Row("make generate", "generator, templates and layout", statistics.median(seconds), bound="3 s"))
