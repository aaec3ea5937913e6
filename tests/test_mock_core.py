"""The endpoint does what the page says, on its plain reading."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from mock_http import ask, walk

from conformance.mock import Settings, create_app
from conformance.mock.data import STATUSES, TYPES, make

if TYPE_CHECKING:
    from starlette.applications import Starlette

FULL = {"prefer": "return=representation"}


@pytest.fixture(scope="module", name="app")
def _app() -> Starlette:
    return create_app(Settings())


@pytest.fixture(scope="module", name="everything")
def _everything(app: Starlette) -> list[Any]:
    return walk(app, headers=FULL)


def test_same_seed_same_bytes(app: Starlette) -> None:
    other = create_app(Settings())
    assert ask(app, "/mesh-export/?$top=1000", FULL).body == ask(other, "/mesh-export/?$top=1000", FULL).body
    assert ask(app).body != ask(create_app(Settings(seed=2))).body


def test_each_imodel_has_each_type_in_each_status() -> None:
    exports = make(1, 250)
    imodels = {export.imodel_id for export in exports}
    assert len(imodels) == 6
    for imodel in imodels:
        kinds = {(export.export_type, export.status) for export in exports if export.imodel_id == imodel}
        assert kinds == set(product(TYPES, STATUSES))


def test_data_have_what_catches_careless_services() -> None:
    exports = make(1, 250)
    owners: dict[str, set[str]] = {}
    for export in exports:
        owners.setdefault(export.changeset_id, set()).add(export.imodel_id)
    assert "" in owners
    assert any(len(imodels) == 2 for imodels in owners.values())
    assert len({export.last_modified for export in exports}) < 60
    assert len({export.id for export in exports}) == 250
    assert len({export.id[:8] for export in exports}) < 130
    assert len({export.imodel_id[:35] for export in exports}) == 3


@pytest.mark.parametrize("size", [0, 1, 2, 16, 17, 99, 100, 101, 2500])
def test_size(size: int) -> None:
    app = create_app(Settings(size=size))
    assert len({export["id"] for export in walk(app, "/mesh-export/")}) == size


def test_without_slash_and_with_escapes(app: Starlette) -> None:
    assert ask(app, "/mesh-export?%24top=3").body == ask(app, "/mesh-export/?$top=3").body


def test_default_page(app: Starlette) -> None:
    reply = ask(app)
    assert len(reply.ids) == 100
    assert reply.link("self") == "http://mesh.test/mesh-export/?$top=100&$skip=0"
    assert reply.link("next") == "http://mesh.test/mesh-export/?$top=100&$skip=100"
    assert reply.link("prev") is None


def test_links_lead_through_the_list_and_back(app: Starlette, everything: list[Any]) -> None:
    there = [export["id"] for export in walk(app, "/mesh-export/?$top=60")]
    assert there == [export["id"] for export in everything]
    back: list[str] = []
    following = ask(app, "/mesh-export/?$top=60&$skip=190").link("prev")
    while following:
        reply = ask(app, following)
        back = reply.ids + back
        following = reply.link("prev")
    assert back == there[:190]


def test_links_keep_the_query(app: Starlette) -> None:
    query = "$orderBy=date:asc&exportType=IMODEL&tileVersion=37&iTwinJS=5.13.3&cdn=1&client=x"
    link = ask(app, f"/mesh-export/?{query}&$top=7&$skip=9").link("next")
    wanted = "$top=7&$skip=16&$orderBy=date:asc&cdn=1&tileVersion=37&exportType=IMODEL&iTwinJS=5.13.3"
    assert link == f"http://mesh.test/mesh-export/?{wanted}"


@pytest.mark.parametrize("query", ["exportType=a%26b%3D%3C%22%C3%A9%FF%00", "exportType=%2B+%25"])
def test_links_encode_values(app: Starlette, query: str) -> None:
    link = ask(app, f"/mesh-export/?{query}").link("self")
    assert link is not None
    assert ask(app, link).link("self") == link


@pytest.mark.parametrize(("name", "member"), [("iModelId",) * 2, ("changesetId",) * 2, ("exportType",) * 2])
def test_filters_select_exactly(app: Starlette, everything: list[Any], name: str, member: str) -> None:
    for value in {export["request"][member] for export in everything} - {""}:
        wanted = [export for export in everything if export["request"][member] == value]
        assert walk(app, f"/mesh-export/?{name}={value}", FULL) == wanted


def test_versions_are_compatible_not_equal(app: Starlette, everything: list[Any]) -> None:
    sizes = [len(walk(app, f"/mesh-export/?tileVersion={version}")) for version in (0, 1, 12, 36, 37, 99)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert sizes[-1] == len(everything)
    assert len(walk(app, "/mesh-export/?iTwinJS=5.13.3&tileVersion=37")) == len(everything)
    assert len(walk(app, "/mesh-export/?iTwinJS=5.9.3")) < len(walk(app, "/mesh-export/?iTwinJS=5.13.3-dev.4"))


@pytest.mark.parametrize(("order", "sign"), [("date:asc", 1), ("date:desc", -1)])
def test_orders(app: Starlette, everything: list[Any], order: str, sign: int) -> None:
    exports = walk(app, f"/mesh-export/?$orderBy={order}&$top=33", FULL)
    dates = [export["lastModified"] for export in exports]
    assert all((one > other) - (one < other) in {0, -sign} for one, other in pairwise(dates))
    assert {export["id"] for export in exports} == {export["id"] for export in everything}


def test_cdn_changes_mesh_links_only(app: Starlette, everything: list[Any]) -> None:
    for one, other in zip(everything, walk(app, "/mesh-export/?cdn=1", FULL), strict=True):
        assert one | {"_links": None} == other | {"_links": None}
        assert ("_links" in one) == (one["status"] == "Complete")
        assert ("_links" not in one) or one["_links"] != other["_links"]


def test_refusal_in_the_words_of_the_page(app: Starlette) -> None:
    reply = ask(app, "/mesh-export/?$top=1001&iModelId=1&changesetId=2")
    assert reply.status == 422
    details = reply.json["error"]["details"]
    assert reply.json["error"] | {"details": None} == {
        "code": "InvalidMeshExportRequest",
        "message": "Cannot retrieve export.",
        "details": None,
    }
    assert {"code": "InvalidParameter", "message": "$top must be lower or equal to 1000.", "target": "$top"} in details
    assert sorted(detail["target"] for detail in details) == ["$top", "changesetId", "iModelId"]


@pytest.mark.parametrize(
    "query",
    [
        *("$top=-1", "$top=x", "$top=1.0", "$top=1e2", "$top=%D9%A3", "$top=1_0", "$skip=-1", "$skip=x"),
        *("iModelId=%7B00000000-0000-4000-8000-000000000000%7D", "iModelId=00000000000040008000000000000000"),
        *("changesetId=abc", "changesetId=" + 41 * "a", "changesetId=" + 40 * "g"),
        *("$orderBy=name", "$orderBy=date:asc,date:desc"),
    ],
)
def test_refused_values(app: Starlette, query: str) -> None:
    reply = ask(app, f"/mesh-export/?{query}")
    assert reply.status == 422
    assert [detail["target"] for detail in reply.json["error"]["details"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("query", ["$skip=2147483648", "$skip=" + 6000 * "9", "$top=1000", "$top=1", "bogus=1"])
def test_accepted_values(app: Starlette, query: str) -> None:
    assert ask(app, f"/mesh-export/?{query}").status == 200


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "HeaderNotFound"),
        ("", "InvalidHeaderValue"),
        ("Bearer", "InvalidHeaderValue"),
        ("mock-token", "InvalidHeaderValue"),
        ("Bearer Mock-token", "InvalidToken"),
        ("Bearer mock-toke", "InvalidToken"),
        ("Bearer mock-token2", "InvalidToken"),
        ("Basic mock-token", "InvalidToken"),
        ("Bearer mock-token, Bearer mock-token", "InvalidToken"),
    ],
)
def test_credentials(app: Starlette, value: str | None, code: str) -> None:
    headers = {} if value is None else {"authorization": value}
    reply = ask(app, "/mesh-export/?$top=5000", headers, token=False)
    assert reply.status == 401
    assert reply.json["error"]["code"] == code
    assert ask(app, "/mesh-export/", {"authorization": "bEARER mock-token"}, token=False).status == 200


@pytest.mark.parametrize(
    ("lines", "full"),
    [
        (["return=representation"], True),
        (["RETURN=representation"], True),
        (['return="representation"'], True),
        (["respond-async, return=representation; foo=1, wait=10"], True),
        (["respond-async", "return=representation"], True),
        (["return = representation"], True),
        (["return=minimal"], False),
        (["return=unheard-of"], False),
        (['foo="a, return=representation"'], False),
        (["foo; return=representation"], False),
        (["return=minimal", "return=representation"], False),
        ([",,=;\"\\"], False),
    ],
)  # fmt: skip
def test_prefer(app: Starlette, lines: list[str], full: bool) -> None:
    reply = ask(app, "/mesh-export/?$top=1", [(b"prefer", line.encode()) for line in lines])
    assert reply.status == 200
    assert ("request" in reply.json["exports"][0]) == full
    assert not full or reply.headers["preference-applied"] == "return=representation"


@pytest.mark.parametrize(
    ("root", "begin"),
    [
        ("https://gate.example.com/base", "https://gate.example.com/base/mesh-export/?"),
        ("https://gate.example.com:8443/base/", "https://gate.example.com:8443/base/mesh-export/?"),
        ('javascript:alert("1")', "http://mesh.test/mesh-export/?"),
        ("https://gate.example.com/?x=", "http://mesh.test/mesh-export/?"),
        ("https://user@gate.example.com", "http://mesh.test/mesh-export/?"),
    ],
)
def test_root(app: Starlette, root: str, begin: str) -> None:
    reply = ask(app, "/mesh-export/?$top=1&$skip=1", {"x-api-host-and-root": root})
    assert {link["href"][: len(begin)] for link in reply.json["_links"].values()} == {begin}


def test_host_header_does_not_break_links(app: Starlette) -> None:
    reply = ask(app, "/mesh-export/", [(b"host", b"ignored: the first counts")])
    assert reply.link("self") == "http://mesh.test/mesh-export/?$top=100&$skip=0"


def test_other_paths_and_methods(app: Starlette) -> None:
    assert ask(app, "/").status == ask(app, "/mesh-export/x").status == ask(app, "/MESH-EXPORT/").status == 404
    reply = ask(app, method="POST")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert reply.headers["content-type"].startswith("application/vnd.bentley")
    assert "error" in reply.json


def test_preflight(app: Starlette) -> None:
    headers = {
        "origin": "https://viewer.example.com",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization,prefer,sessionid",
    }
    reply = ask(app, "/mesh-export/", headers, "OPTIONS", token=False)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    allowed = {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "prefer", "sessionid"} <= allowed
    assert ask(app, token=False).headers["access-control-allow-origin"] == "*"
