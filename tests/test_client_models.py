"""The models: typed, immutable, small, and back in their wire form without loss."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import sys
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from client_servers import STAMP, export, page
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import validator_for
from mesh_export_client import (
    DetailedError,
    Error,
    ErrorResponse,
    Export,
    ExportLinks,
    ExportListResponse,
    ExportRequest,
    ExportStatus,
    ExportType,
    Link,
    MinimalExport,
    Model,
    Resource,
    models,
)

from conformance.spec import document

SCHEMAS: dict[str, Any] = document()["components"]["schemas"]
EXAMPLES: dict[str, Any] = document()["components"]["examples"]
FULL = export(
    7,
    request={"iModelId": str(UUID(int=1)), "changesetId": "a" * 40, "exportType": "3DTiles", "lastModified": STAMP},
    _links={"mesh": {"href": "https://tiles.example/container/7?sv=1&sig=SECRET%2Fsignature"}},
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - written by this very test


def wire(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema of the spec, with members that it does not name."""
    if "$ref" in schema:
        return wire(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "allOf" in schema:
        return st.tuples(*(wire(part) for part in schema["allOf"])).map(
            lambda parts: {key: value for part in parts for key, value in part.items()}
        )
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_wire_of(kind, schema) for kind in kinds])


def _wire_of(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "null":
        return st.none()
    if kind == "array":
        return st.lists(wire(schema["items"]), max_size=3)
    if kind == "object":
        members = {name: wire(member) for name, member in schema["properties"].items()}
        required = set(schema.get("required", ()))
        named = st.fixed_dictionaries(
            {name: value for name, value in members.items() if name in required},
            optional={name: value for name, value in members.items() if name not in required},
        )
        unknown = st.dictionaries(
            st.text(alphabet="uvwxyz", min_size=1, max_size=3),
            st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just({"deep": [1, {"er": None}]}),
            max_size=2,
        )
        return st.tuples(unknown, named).map(lambda parts: {**parts[0], **parts[1]})
    if "x-extensible-enum" in schema:
        return st.sampled_from(schema["x-extensible-enum"]) | st.text(max_size=5)
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(datetime.UTC)).map(
            lambda moment: moment.isoformat().replace("+00:00", "Z")
        )
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(max_size=8)


@pytest.mark.parametrize("name", ["ExportListResponse", "Export", "MinimalExport", "ErrorResponse", "DetailedError"])
def test_what_comes_goes_back_without_loss(name: str) -> None:
    model: type[Model] = getattr(models, name)

    @given(wire(SCHEMAS[name]))
    def check(sent: dict[str, Any]) -> None:
        value = model.from_json(encoded(sent))
        if isinstance(value, Resource):
            assert value.to_dict() == sent
            assert json.loads(value.to_json()) == sent
        again = model.from_json(value.to_json())
        assert again == value
        assert repr(again) == repr(value)
        assert hash(again) == hash(value)
        assert pickled(value) == value

    check()


@pytest.mark.parametrize("name", ["ExportListResponse", "Export"])
def test_the_wire_form_is_of_the_specs_schema(name: str) -> None:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    valid = validator_for(whole)

    @given(wire(SCHEMAS[name]))
    def check(sent: dict[str, Any]) -> None:
        assert valid.is_valid(sent)
        assert valid.is_valid(getattr(models, name).from_json(encoded(sent)).to_dict())

    check()


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("ExportList", ExportListResponse),
        ("HeaderNotFound", ErrorResponse),
        ("InvalidMeshExportRequest", ErrorResponse),
        ("RateLimitExceeded", ErrorResponse),
    ],
)
def test_the_examples_of_the_documentation_are_read_and_written(name: str, model: type[Model]) -> None:
    example = EXAMPLES[name]["value"]
    assert model.from_json(encoded(example)).to_dict() == example


def test_members_have_the_types_that_a_programmer_expects() -> None:
    value = Export.from_json(encoded(FULL))
    assert value.id == UUID(int=7)
    assert value.status is ExportStatus.COMPLETE
    assert value.last_modified == datetime.datetime(2024, 8, 22, 3, 18, 43, tzinfo=datetime.UTC)
    assert value.request == ExportRequest(
        imodel_id=UUID(int=1),
        changeset_id="a" * 40,
        export_type=ExportType.TYPE_3D_TILES,
        last_modified=value.last_modified,
    )
    assert isinstance(value.links, ExportLinks)


def test_the_seven_digits_of_one_deployment_are_the_same_moment() -> None:
    text = "2024-08-22T03:18:43.0000000+00:00"
    assert Export.from_json(encoded({**FULL, "lastModified": text})) == Export.from_json(encoded(FULL))


def test_a_date_without_an_offset_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        Export.from_json(encoded({**FULL, "lastModified": "2024-08-22T03:18:43"}))


def test_a_list_of_values_is_open() -> None:
    value = Export.from_json(encoded({**FULL, "status": "Queued"}))
    assert value.status == "Queued"
    assert isinstance(value.status, ExportStatus)
    assert not value.status.is_known
    assert ExportStatus.COMPLETE.is_known
    assert str(value.status) == "Queued"
    assert pickled(value).status == "Queued"
    assert ExportStatus("Queued") == value.status
    assert "Queued" not in list(cast("Any", ExportStatus))
    assert hash(ExportStatus("Queued")) == hash("Queued")


def test_unknown_values_do_not_fill_the_memory() -> None:
    status: Any = ExportStatus  # an enumeration at run time
    before = len(status.__members__), len(status._value2member_map_)
    for number in range(1000):
        ExportStatus(f"Status {number}")
    assert (len(status.__members__), len(status._value2member_map_)) == before


def test_unknown_members_are_reachable_at_every_depth() -> None:
    sent = {
        **FULL,
        "size": 12,
        "nothing": None,
        "request": {**FULL["request"], "priority": "high"},
        "_links": {"mesh": {**FULL["_links"]["mesh"], "title": "Tiles"}, "thumbnail": {"href": "https://a.example"}},
    }
    whole = ExportListResponse.from_json(encoded(page([export(1), sent], total=2)))
    assert whole.extra == {"total": 2, "exports": {1: whole.exports[1].extra}}
    assert whole.exports[0].extra == {}
    assert whole.exports[1].extra == {
        "size": 12,
        "nothing": None,
        "request": {"priority": "high"},
        "_links": {"mesh": {"title": "Tiles"}, "thumbnail": {"href": "https://a.example"}},
    }
    assert whole.exports[1].to_dict() == sent
    assert pickled(whole.exports[1]).extra == whole.exports[1].extra


@given(
    wire(SCHEMAS["Export"]),
    st.dictionaries(st.text(max_size=4), st.none() | st.text(alphabet='"\\\\:a', max_size=4), max_size=2),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_no_unknown_member_is_overlooked(
    sent: dict[str, Any], unknown: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    unknown = {name: value for name, value in unknown.items() if name not in sent and name not in ("request", "_links")}
    content = json.dumps({**unknown, **sent}, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    value = Export.from_json(content)
    assert {name: value.extra[name] for name in unknown} == unknown
    assert value.to_dict() == {**unknown, **sent}


@pytest.mark.parametrize("spelled", [rb"\u0022\u0022", rb"\"\"", rb"\\\\", rb"\u005c\u005c", rb"\\\u0022\u0022"])
def test_no_spelling_of_a_text_hides_an_unknown_member(spelled: bytes) -> None:
    content = encoded({"size": 1, **FULL}).replace(b"Export 7", spelled)
    assert Export.from_json(content).extra == {"size": 1}


def test_the_bytes_are_kept_only_where_something_is_unknown_and_go_with_the_objects() -> None:
    for sent, kept in ((FULL, 0), ({**FULL, "size": 1}, 1)):
        content = encoded(page([sent, sent]))
        before = sys.getrefcount(content)
        whole = ExportListResponse.from_json(content)
        item = whole.exports[1]
        assert sys.getrefcount(content) - before == 3 * kept
        del whole
        assert sys.getrefcount(content) - before == kept
        del item
        assert sys.getrefcount(content) == before


def test_an_object_made_by_hand_has_no_unknown_members() -> None:
    value = Export.from_json(encoded({**FULL, "size": 12}))
    assert value.extra == {"size": 12}
    assert msgspec.structs.replace(value, display_name="Other").extra == {}


def test_null_is_not_absence_where_null_is_a_value() -> None:
    assert Error.from_json(b'{"target": null}').target is None
    assert Error.from_json(b"{}").target is msgspec.UNSET
    assert Error.from_json(b'{"target": null}').to_json() == b'{"target":null}'
    assert Error.from_json(b"{}").to_json() == b"{}"
    assert DetailedError.from_json(b'{"details": [{"target": null}]}').details == (Error(target=None),)


def test_models_are_immutable() -> None:
    value = Export.from_json(encoded(FULL))
    with pytest.raises(AttributeError):
        value.display_name = "Other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del value.links
    assert copy.copy(value) is value
    assert copy.deepcopy(value) is value
    assert isinstance(ExportListResponse.from_json(encoded(page(2))).exports, tuple)


def test_equality_is_that_of_the_members() -> None:
    assert Export.from_json(encoded(FULL)) == Export.from_json(encoded({**FULL, "size": 12}))
    assert Export.from_json(encoded(FULL)) != Export.from_json(encoded({**FULL, "displayName": "Other"}))
    upper = {**FULL, "id": FULL["id"].upper()}
    assert Export.from_json(encoded(upper)) == Export.from_json(encoded(FULL))


def test_a_repr_is_short_and_holds_no_signature() -> None:
    value = Export.from_json(encoded({**FULL, "displayName": "x" * 10_000}))
    whole = ExportListResponse.from_json(encoded(page([FULL] * 1000, "https://u:p@a.example/?$skip=1&key=SECRET")))
    for text in (repr(value), str(value), repr(value.links), repr(whole), repr([value]), f"{value.links!r}"):
        assert "SECRET" not in text
        assert "u:p@" not in text
        assert len(text) < 700
    assert repr(MinimalExport.from_json(encoded(export(1)))) == (
        "MinimalExport(id='00000000-0000-0000-0000-000000000001', display_name='Export 1', status='Complete', "
        "last_modified='2024-08-22T03:18:43+00:00')"
    )


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://tiles.example/a/b?sig=x%2Fy&e=1", "https://tiles.example/a/b/tileset.json?sig=x%2Fy&e=1"),
        ("https://tiles.example/a/b/?sig=x", "https://tiles.example/a/b/tileset.json?sig=x"),
        ("https://tiles.example/a/b", "https://tiles.example/a/b/tileset.json"),
        ("https://tiles.example?sig=x", "https://tiles.example/tileset.json?sig=x"),
        ("https://tiles.example/a?sig=x/y?z", "https://tiles.example/a/tileset.json?sig=x/y?z"),
    ],
)
def test_the_tileset_is_at_the_end_of_the_path_before_the_query(href: str, expected: str) -> None:
    value = Export.from_json(encoded({**FULL, "_links": {"mesh": {"href": href}}}))
    assert value.mesh_url == href
    assert value.tileset_url == expected


@pytest.mark.parametrize("links", [None, {}, {"mesh": None}])
def test_without_a_mesh_link_there_is_no_tileset(links: object) -> None:
    value = Export.from_json(encoded({**FULL, "_links": links}))
    assert value.mesh_url is None
    assert value.tileset_url is None


def test_a_model_can_be_made_by_hand() -> None:
    made = Export(
        id=UUID(int=7),
        display_name="Export 7",
        status=ExportStatus.COMPLETE,
        last_modified=datetime.datetime(2024, 8, 22, 3, 18, 43, tzinfo=datetime.UTC),
        links=ExportLinks(mesh=Link(href="https://tiles.example/a")),
    )
    assert made.to_dict() == export(7, _links={"mesh": {"href": "https://tiles.example/a"}})
