"""What of the spec is deprecated, and which of it an exchange made use of.

That something is deprecated breaks no promise: it is told beside the verdict, not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from conformance import spec
from conformance.exchange import Exchange


def used(exchange: Exchange) -> Iterator[str]:
    """What of an exchange is deprecated, such as `operation startExport` or `member Export.displayName`."""
    request = exchange.request
    if spec.operation(request.operation).get("deprecated"):
        yield f"operation {request.operation}"
    for location, name in _parameters(request.operation):
        if name in {key for key, _ in request.pairs} if location == "query" else request.header(name.lower()):
            yield f"parameter {name}"
    if _members() and exchange.status in spec.documented_statuses(request.operation):
        pointer = spec.response_schema(exchange.status, request.operation)
        yield from _used_members(pointer, exchange.json) if pointer else ()


@cache
def _parameters(operation: str) -> tuple[tuple[str, str], ...]:
    """The deprecated parameters of an operation: where each goes, and its name."""
    every = (_followed(parameter) for parameter in spec.operation(operation).get("parameters", ()))
    return tuple((each["in"], each["name"]) for each in every if each.get("deprecated"))


@cache
def _members() -> Mapping[str, str]:
    """The deprecated members of schemas by their JSON pointers, each in words."""
    schemas = spec.document()["components"]["schemas"]
    return {
        pointer: f"member {name}.{pointer.rpartition('/')[2]}"
        for name, schema in schemas.items()
        for pointer, member in _properties(f"#/components/schemas/{name}", schema)
        if _followed(member).get("deprecated")
    }


def _properties(pointer: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, member in schema.get("properties", {}).items():
        yield f"{pointer}/properties/{name}", member
        yield from _properties(f"{pointer}/properties/{name}", member)
    for index, part in enumerate(schema.get("allOf", ())):
        yield from _properties(f"{pointer}/allOf/{index}", part)
    if "items" in schema:
        yield from _properties(f"{pointer}/items", schema["items"])


def _followed(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**_followed(spec.resolve(node["$ref"])), **node} if "$ref" in node else node


def _used_members(body: str, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """The deprecated members that a body has, given the JSON pointer of its schema."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            place = spec.member_pointer(body, (*path, name))
            if place:
                if place in _members():
                    yield _members()[place]
                yield from _used_members(body, member, (*path, name))
    elif isinstance(value, list):
        for member in value:
            yield from _used_members(body, member, (*path, 0))
