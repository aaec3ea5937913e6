"""Whom a change of the spec breaks; and no change of the spec is passed over."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.spec_changes import changes

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent.parent / "openapi" / "mesh-export.yaml").read_text(encoding="utf-8")
)
LIST = "paths//mesh-export//get"
TOP = "components/parameters/top"
EXPORT = "components/schemas/MinimalExport"
BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}


def edited(spec: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a spec with the value at a path set, or removed where it is None."""
    result = copy.deepcopy(spec)
    *steps, last = path.replace("//mesh-export//", "/\0/").split("/")
    node: Any = result
    for step in steps:
        node = node.setdefault("/mesh-export/" if step == "\0" else step, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return result


def broken(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {change.breaks.value for change in changes(before, after)}


@pytest.mark.parametrize(
    ("path", "value", "breaks", "undoing_breaks"),
    [
        ("paths//mesh-export//delete", {"responses": {"204": {"description": "Gone."}}}, {"servers"}, {"callers"}),
        (f"{TOP}/schema/maximum", 500, {"callers"}, {"servers"}),
        (f"{TOP}/schema/maximum", 2000, {"servers"}, {"callers"}),
        (f"{TOP}/schema/minimum", 1, {"callers"}, {"servers"}),
        (f"{TOP}/schema/type", "number", {"servers"}, {"callers"}),
        (f"{TOP}/schema/pattern", "^a", {"callers"}, {"servers"}),
        (f"{TOP}/required", True, {"callers"}, {"servers"}),
        (f"{TOP}/name", "$limit", {"callers", "servers"}, {"callers", "servers"}),
        (f"{TOP}/style", "spaceDelimited", {"callers", "servers"}, {"callers", "servers"}),
        ("components/parameters/orderBy/schema/enum", ["date:asc"], {"callers"}, {"servers"}),
        (f"{LIST}/requestBody", BODY, {"servers"}, {"callers"}),
        (f"{LIST}/requestBody", {**BODY, "required": True}, {"callers", "servers"}, {"callers"}),
        (f"{LIST}/responses/404", {"description": "None."}, {"neither"}, {"servers"}),
        (f"{LIST}/responses/206", {"description": "A part."}, {"callers"}, {"callers", "servers"}),
        (f"{LIST}/security", [], {"callers", "servers"}, {"callers", "servers"}),
        (f"{EXPORT}/properties/region", {"type": "string"}, {"neither"}, {"callers"}),
        (f"{EXPORT}/required", ["id", "displayName", "status"], {"callers"}, {"servers"}),
        (f"{EXPORT}/properties/displayName/type", ["string", "null"], {"callers"}, {"servers"}),
        (f"{EXPORT}/properties/displayName/maxLength", 100, {"servers"}, {"callers"}),
        (f"{EXPORT}/properties/id/format", None, {"callers"}, {"servers"}),
        (f"{EXPORT}/properties/displayName/deprecated", True, {"neither"}, {"neither"}),
        (f"{EXPORT}/additionalProperties", False, {"servers"}, {"callers"}),
        (f"{EXPORT}/not", {"required": ["x"]}, {"callers", "servers"}, {"callers", "servers"}),
        ("components/headers/retry-after/required", False, {"callers"}, {"servers"}),
        ("components/headers/retry-after/schema/type", "integer", {"servers"}, {"callers"}),
        ("components/schemas/ExportStatus/x-extensible-enum", ["Complete"], {"neither"}, {"neither"}),
        (f"{LIST}/summary", "All exports", {"neither"}, {"neither"}),
        (f"{LIST}/deprecated", True, {"neither"}, {"neither"}),
        ("servers", SPEC["servers"][:1], {"callers"}, {"neither"}),
    ],
)
def test_a_change_breaks_those_who_relied_on_what_was(
    path: str, value: Any, breaks: set[str], undoing_breaks: set[str]
) -> None:
    after = edited(SPEC, path, value)
    assert broken(SPEC, after) == breaks
    assert broken(after, SPEC) == undoing_breaks


def test_a_new_member_that_is_required_breaks_servers_and_a_new_parameter_that_is_required_callers_too() -> None:
    after = edited(SPEC, f"{EXPORT}/properties/region", {"type": "string"})
    after["components"]["schemas"]["MinimalExport"]["required"].append("region")
    assert broken(SPEC, after) == {"neither", "servers"}
    after = copy.deepcopy(SPEC)
    parameter = {"name": "region", "in": "query", "required": True, "schema": {"type": "string"}}
    after["paths"]["/mesh-export/"]["get"]["parameters"].append(parameter)
    assert broken(SPEC, after) == {"servers", "callers"}


def test_a_schema_that_is_sent_and_answered_is_judged_on_both_sides() -> None:
    after = edited(SPEC, "components/schemas/ExportType/maxLength", 9)
    assert broken(SPEC, after) == {"callers", "servers"}


def test_a_component_that_only_moves_changes_nothing() -> None:
    after = copy.deepcopy(SPEC)
    schemas = after["components"]["schemas"]
    schemas["Hyperlink"] = schemas.pop("Link")
    text = yaml.safe_dump(after).replace("#/components/schemas/Link", "#/components/schemas/Hyperlink")
    assert changes(SPEC, yaml.safe_load(text)) == []


def test_the_same_spec_has_no_changes() -> None:
    assert changes(SPEC, copy.deepcopy(SPEC)) == []


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, (dict, list)):
        for step, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, (*path, step))
    elif path not in {("openapi",), ("info", "version")} and path[-1] != "$ref":
        yield path


def test_no_value_of_the_spec_changes_unnoticed() -> None:
    changed = copy.deepcopy(SPEC)
    unnoticed = []
    for path in places(SPEC):
        node: Any = changed
        for step in path[:-1]:
            node = node[step]
        kept = node[path[-1]]
        node[path[-1]] = {bool: not kept, int: 7}.get(type(kept), "array" if kept == "integer" else "integer")
        if not changes(SPEC, changed):
            unnoticed.append(path)
        node[path[-1]] = kept
    assert unnoticed == []
