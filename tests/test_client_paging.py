"""Lists that come in pages: walked lazily, to their end, and never in circles."""

from __future__ import annotations

import asyncio
import gc
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from client_servers import KINDS, TOKEN, Answer, Asked, Kind, export, http, page, serve
from mesh_export_client import (
    AsyncMeshExportClient,
    Export,
    LinkRefusedError,
    MeshExportClient,
    PagingError,
)

if TYPE_CHECKING:
    import socket

HOME = "https://api.bentley.com/mesh-export/"


def numbers(exports: list[Export]) -> list[int]:
    return [item.id.int for item in exports]


def pages(count: int, size: int, *, prefix: str = HOME) -> Answer:
    """A list of pages, by `$skip`, each with a link to the next."""

    def answer(connection: socket.socket, asked: Asked) -> None:
        skip = int(asked.query.get("$skip", 0))
        following = f"{prefix}?$top={size}&$skip={skip + size}" if skip + size < count * size else None
        items = [export(number) for number in range(skip, skip + size)]
        http(body=page(items, following))(connection, asked)

    return answer


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_walk_follows_the_links_to_the_end(kind: Kind) -> None:
    with serve(pages(4, 3)) as server:
        assert numbers(kind.list(server.url, representation="full")) == list(range(12))
    assert [asked.target for asked in server.asked] == [
        "/mesh-export/",
        "/mesh-export/?$top=3&$skip=3",
        "/mesh-export/?$top=3&$skip=6",
        "/mesh-export/?$top=3&$skip=9",
    ]
    assert {asked.headers["prefer"] for asked in server.asked} == {"return=representation"}
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(("limit", "requests"), [(0, 0), (1, 1), (3, 1), (4, 2), (100, 4)])
def test_a_limit_ends_the_walk_and_asks_for_no_page_too_many(kind: Kind, limit: int, requests: int) -> None:
    with serve(pages(4, 3)) as server:
        assert numbers(kind.list(server.url, limit=limit)) == list(range(min(limit, 12)))
    assert len(server.asked) == requests


def test_nothing_is_asked_before_the_first_item_and_each_walk_begins_anew() -> None:
    with serve(pages(2, 2)) as server, MeshExportClient(TOKEN, base_url=server.url) as client:
        listed = client.exports.list()
        assert len(server.asked) == 0
        walk = iter(listed)
        next(walk)
        next(walk)
        assert len(server.asked) == 1
        next(walk)
        assert len(server.asked) == 2
        assert numbers(list(listed)) == [0, 1, 2, 3]


def test_pages_are_walked_one_by_one() -> None:
    with serve(pages(3, 2)) as server, MeshExportClient(TOKEN, base_url=server.url) as client:
        walked = [numbers(list(found.exports)) for found in client.exports.list().pages()]
    assert walked == [[0, 1], [2, 3], [4, 5]]


def test_pages_are_awaited_one_by_one() -> None:
    async def walk(url: str) -> list[list[int]]:
        async with AsyncMeshExportClient(TOKEN, base_url=url) as client:
            return [numbers(list(found.exports)) async for found in client.exports.list().pages()]

    with serve(pages(3, 2)) as server:
        assert asyncio.run(walk(server.url)) == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_walk_can_be_resumed_from_a_link(kind: Kind) -> None:
    with serve(pages(4, 3)) as server:
        with MeshExportClient(TOKEN, base_url=server.url) as client:
            listed = client.exports.list()
            for _, _page in zip(range(2), listed.pages(), strict=False):
                pass
            link = listed.next_link
        resumed = kind.list(server.url, start=link)
    assert numbers(resumed) == list(range(6, 12))


def test_the_last_page_leaves_no_link() -> None:
    with serve(pages(2, 2)) as server, MeshExportClient(TOKEN, base_url=server.url) as client:
        listed = client.exports.list()
        assert len(list(listed)) == 4
        assert listed.next_link is None


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_full_last_page_may_lead_to_an_empty_one(kind: Kind) -> None:
    with serve(http(body=page(2, f"{HOME}?$skip=2")), http(body=page(0))) as server:
        assert numbers(kind.list(server.url)) == [0, 1]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_circle_of_links_ends_in_an_error(kind: Kind) -> None:
    def answer(connection: socket.socket, asked: Asked) -> None:
        skip = int(asked.query.get("$skip", 0))
        http(body=page([export(skip)], f"{HOME}?$skip={(skip + 1) % 3}"))(connection, asked)

    with serve(answer) as server, pytest.raises(PagingError, match="circle"):
        kind.list(server.url)
    assert len(server.asked) == 4  # the first page, and each link once


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_page_that_does_not_move_ends_in_an_error(kind: Kind) -> None:
    with serve(http(body=page(2, f"{HOME}?$skip=0"))) as server, pytest.raises(PagingError, match="page before"):
        kind.list(server.url)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_empty_pages_without_end_end_in_an_error(kind: Kind) -> None:
    def answer(connection: socket.socket, asked: Asked) -> None:
        http(body=page(0, f"{HOME}?$skip={int(asked.query.get('$skip', 0)) + 1}"))(connection, asked)

    with serve(answer) as server, pytest.raises(PagingError, match="no items"):
        kind.list(server.url)
    assert len(server.asked) < 50


@pytest.mark.parametrize(
    "prefix",
    [
        "https://api.bentley.com/mesh-export/",
        "https://gateway.example/deep/base/mesh-export/",
        "https://gateway.example/",
        "/mesh-export/",
        "http://user:secret@api.bentley.com:8443/mesh-export",
        "",
    ],
)
def test_a_foreign_link_is_followed_on_the_clients_own_origin(prefix: str) -> None:
    with serve(pages(2, 2, prefix=prefix)) as server:
        assert numbers(KINDS[0].list(f"{server.url}/own", client={})) == [0, 1, 2, 3]
    assert [asked.target for asked in server.asked] == ["/own/mesh-export/", "/own/mesh-export/?$top=2&$skip=2"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_foreign_link_can_be_refused(kind: Kind) -> None:
    with serve(pages(2, 2)) as server, pytest.raises(LinkRefusedError, match="another origin") as caught:
        kind.list(server.url, client={"foreign_links": "refuse"})
    assert caught.value.link == "https://api.bentley.com/mesh-export/?[hidden]"


def test_a_link_to_the_own_origin_is_followed_where_foreign_ones_are_refused() -> None:
    def answer(connection: socket.socket, asked: Asked) -> None:
        pages(2, 2, prefix=f"http://{asked.headers['host'].upper()}/mesh-export/")(connection, asked)

    with serve(answer) as server:
        assert numbers(KINDS[0].list(server.url, client={"foreign_links": "refuse"})) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "javascript:alert(1)", "ftp://api.bentley.com/", "https://[::1", "http://a b/"]
)
def test_a_link_that_is_no_http_url_is_refused(link: str) -> None:
    with serve(http(body=page(1, link))) as server, pytest.raises(LinkRefusedError):
        KINDS[0].list(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_the_memory_of_a_walk_does_not_grow_with_its_length(kind: Kind) -> None:
    """100,000 exports in pages of 1,000; the peak of the second half is that of the first."""
    size, count = 1000, 100
    items = json.dumps([export(number) for number in range(size)])[1:-1]
    peaks: list[int] = []

    def answer(connection: socket.socket, asked: Asked) -> None:
        skip = int(asked.query.get("$skip", 0))
        first = json.dumps(export(skip + size * count))  # differs from page to page
        links: dict[str, Any] = {"self": {"href": HOME}}
        if skip + size < size * count:
            links["next"] = {"href": f"{HOME}?$skip={skip + size}"}
        if skip in (size * count // 2, size * (count - 1)):
            gc.collect()
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
        body = f'{{"exports":[{first},{items.partition("}, ")[2]}],"_links":{json.dumps(links)}}}'
        http(body=body)(connection, asked)

    def walk(url: str) -> int:
        if kind.name == "sync":
            with MeshExportClient(TOKEN, base_url=url) as client:
                return sum(1 for _ in client.exports.list())

        async def awaited() -> int:
            async with AsyncMeshExportClient(TOKEN, base_url=url) as client:
                seen = 0
                async for _ in client.exports.list():
                    seen += 1
                return seen

        return asyncio.run(awaited())

    with serve(answer) as server:
        tracemalloc.start()
        try:
            assert walk(server.url) == size * count
        finally:
            tracemalloc.stop()
    first_half, second_half = peaks
    assert second_half < 2 * first_half  # a walk that kept its pages would hold fifty times as much
