"""What changed between two versions of an OpenAPI spec, and whom each change breaks.

Works on the plain data of the two specs. A change breaks callers when a program that was written against the
earlier spec may fail against a server that keeps the later one, and servers when a server that kept the earlier
spec may no longer keep the later. So a schema that admits less breaks callers where they send it and servers where
they answer with it; one that admits more, the other way round. A keyword that this module does not know is put down to
both: a person decides. What the next version is because of it is `scripts/spec_diff.py`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PROSE: Final = frozenset(
    {
        "title",
        "description",
        "summary",
        "example",
        "examples",
        "externalDocs",
        "tags",
        "operationId",
        "contact",
        "license",
    }
)
NAMES: Final = frozenset(
    {"properties", "patternProperties", "parameters", "headers", "responses", "schemas", "examples"}
)
UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
ASSERTIONS: Final = ("pattern", "format", "multipleOf", "uniqueItems")
TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_ANY: Final[Mapping[str, Any]] = {}


class Breaks(StrEnum):
    """Who has to do something about a change."""

    CALLERS = "callers"
    SERVERS = "servers"
    NEITHER = "neither"


class Kind(StrEnum):
    """The heading of Keep a Changelog that a change belongs under."""

    ADDED = "Added"
    CHANGED = "Changed"
    DEPRECATED = "Deprecated"
    REMOVED = "Removed"


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        kind: What became of it.
        breaks: Whom it breaks.
        place: The JSON pointer of the part of the spec that it is in.
        text: The change in words, without the place.
        wording: Whether it is one of words that promise nothing to a program.
    """

    kind: Kind
    breaks: Breaks
    place: str
    text: str
    wording: bool = False


@dataclass(frozen=True)
class _Side:
    """The side of an exchange that a schema is on, and whom it breaks to admit less there, or more."""

    name: str
    narrower: Breaks
    wider: Breaks


_SENT: Final = _Side("in requests", Breaks.CALLERS, Breaks.SERVERS)
_ANSWERED: Final = _Side("in answers", Breaks.SERVERS, Breaks.CALLERS)


@dataclass(frozen=True)
class _Pair:
    """The same part of both specs."""

    before: Any
    after: Any
    place: str

    def of(self, name: str) -> _Pair:
        """A part of the part; an empty object where it is absent."""
        place = f"{self.place}/{name.replace('~', '~0').replace('/', '~1')}"
        return _Pair(self.before.get(name, _ANY), self.after.get(name, _ANY), place)

    def names(self) -> tuple[list[str], list[str], list[str]]:
        """The names that went, that stayed and that came."""
        before, after = self.before, self.after
        gone, stayed = [name for name in before if name not in after], [name for name in before if name in after]
        return gone, stayed, [name for name in after if name not in before]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every change between two parsed specs, each once, in the order of the spec."""
    comparison = _Comparison(before, after)
    found = [*comparison.operations(), *comparison.whole(), *_wording(before, after, "#")]
    return list(dict.fromkeys(found))


class _Comparison:
    """Two specs side by side; holds what references are resolved in."""

    def __init__(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        self._before, self._after = before, after
        self._seen: set[tuple[str, str, str]] = set()

    def operations(self) -> Iterator[Change]:
        paths = _Pair(self._before.get("paths", _ANY), self._after.get("paths", _ANY), "#/paths")
        before, after = _operations(self._before), _operations(self._after)
        for path, method in [*before, *(key for key in after if key not in before)]:
            pair = paths.of(path).of(method)
            name = f"`{method.upper()} {path}`"
            if (path, method) not in after:
                yield Change(Kind.REMOVED, Breaks.CALLERS, pair.place, f"operation {name} removed")
            elif (path, method) not in before:
                yield Change(Kind.ADDED, Breaks.SERVERS, pair.place, f"operation {name} added")
            else:
                yield from self._operation(_Pair(before[path, method], after[path, method], pair.place), name)

    def whole(self) -> Iterator[Change]:
        """What concerns every operation."""
        document = _Pair(self._before, self._after, "#")
        urls = [[server["url"] for server in side.get("servers", [])] for side in (self._before, self._after)]
        yield from _listed(urls[0], urls[1], "#/servers", "server", Breaks.CALLERS, Breaks.NEITHER)
        handled = {"paths", "components", "servers", "security", "info"}
        yield from _unknown(document, handled, "")
        yield from _unknown(document.of("info"), {"version"}, "")
        schemes = document.of("components").of("securitySchemes")
        for name in schemes.names()[1]:
            yield from _unknown(schemes.of(name), set(), f"security scheme `{name}`: ")

    def _operation(self, pair: _Pair, operation: str) -> Iterator[Change]:
        yield from _deprecation(pair, "operation")
        yield from self._parameters(pair, operation)
        yield from self._request_body(pair)
        yield from self._responses(pair.of("responses"))
        yield from _unknown(pair, {"parameters", "requestBody", "responses", "deprecated"}, "")

    def _parameters(self, pair: _Pair, operation: str) -> Iterator[Change]:
        before = self._by_name(self._before, pair.before)
        after = self._by_name(self._after, pair.after)
        for key in [*before, *(key for key in after if key not in before)]:
            there, now = before.get(key), after.get(key)
            own = f"{pair.place}/parameters"
            name = f"parameter `{key[1]}` ({key[0]})"
            if now is None:
                yield Change(Kind.REMOVED, Breaks.CALLERS, own, f"{name} of {operation} removed")
            elif there is None:
                yield Change(Kind.ADDED, Breaks.SERVERS, own, f"{name} of {operation} added")
                if now[1].get("required"):
                    yield Change(Kind.ADDED, Breaks.CALLERS, own, f"{name} of {operation} added and required")
            else:
                place = now[0] if now[0].startswith("#/components/") else own
                yield from self._parameter(_Pair(there[1], now[1], place), name, _SENT)

    def _parameter(self, pair: _Pair, name: str, side: _Side) -> Iterator[Change]:
        yield from _deprecation(pair, name)
        yield from _required(pair, name, side)
        yield from self._schema(pair.of("schema"), side)
        yield from _unknown(pair, {"schema", "required", "deprecated", "name", "in"}, f"{name}: ")

    def _by_name(
        self, document: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
        followed = [_follow(document, parameter) for parameter in operation.get("parameters", [])]
        return {(parameter["in"], parameter["name"]): (place, parameter) for place, parameter in followed}

    def _request_body(self, pair: _Pair) -> Iterator[Change]:
        body = self._followed(pair.of("requestBody"))
        if body.before and not body.after:
            yield Change(Kind.REMOVED, Breaks.CALLERS, body.place, "request body removed")
        elif body.after and not body.before:
            yield Change(Kind.ADDED, Breaks.SERVERS, body.place, "request body added")
            if body.after.get("required"):
                yield Change(Kind.ADDED, Breaks.CALLERS, body.place, "request body added and required")
        elif body.before:
            yield from _required(body, "request body", _SENT)
            yield from self._content(body.of("content"), _SENT)
            yield from _unknown(body, {"content", "required"}, "request body: ")

    def _responses(self, pair: _Pair) -> Iterator[Change]:
        gone, stayed, new = pair.names()
        for status in gone:
            for breaks in (Breaks.CALLERS, Breaks.SERVERS) if _succeeds(status) else (Breaks.SERVERS,):
                yield Change(Kind.REMOVED, breaks, pair.of(status).place, f"status {status} removed")
        for status in new:
            breaks = Breaks.CALLERS if _succeeds(status) else Breaks.NEITHER
            yield Change(Kind.ADDED, breaks, pair.of(status).place, f"status {status} added")
        for status in stayed:
            response = self._followed(pair.of(status))
            yield from self._headers(response.of("headers"))
            yield from self._content(response.of("content"), _ANSWERED)
            yield from _unknown(response, {"headers", "content"}, f"status {status}: ")

    def _headers(self, pair: _Pair) -> Iterator[Change]:
        gone, stayed, new = pair.names()
        for name in gone:
            yield Change(Kind.REMOVED, Breaks.CALLERS, pair.of(name).place, f"header `{name}` removed")
        for name in new:
            header = self._followed(pair.of(name))
            breaks = Breaks.SERVERS if header.after.get("required") else Breaks.NEITHER
            yield Change(Kind.ADDED, breaks, header.place, f"header `{name}` added")
        for name in stayed:
            yield from self._parameter(self._followed(pair.of(name)), f"header `{name}`", _ANSWERED)

    def _content(self, pair: _Pair, side: _Side) -> Iterator[Change]:
        gone, stayed, new = pair.names()
        for name in gone:
            yield Change(Kind.REMOVED, Breaks.CALLERS, pair.of(name).place, f"media type `{name}` removed")
        for name in new:
            breaks = Breaks.SERVERS if side is _SENT else Breaks.NEITHER
            yield Change(Kind.ADDED, breaks, pair.of(name).place, f"media type `{name}` added")
        for name in stayed:
            media = pair.of(name)
            yield from _deprecation(self._followed(media.of("schema")), "body")
            yield from self._schema(media.of("schema"), side)
            yield from _unknown(media, {"schema"}, f"media type `{name}`: ")

    def _schema(self, pair: _Pair, side: _Side) -> Iterator[Change]:
        pair = self._followed(pair)
        key = (pair.place, json.dumps([pair.before, pair.after], sort_keys=True, default=str), side.name)
        if key in self._seen:  # used twice, or within itself
            return
        self._seen.add(key)
        before, after = (_flat(document, schema) for document, schema in self._sides(pair))
        flat = _Pair(before, after, pair.place)
        yield from _values(flat, side)
        yield from _limits(flat, side)
        yield from self._members(flat, side)
        for name in ("items", "additionalProperties"):
            yield from self._part(flat, name, side)
        handled = {"properties", "required", "items", "additionalProperties", "deprecated", "$ref"}
        handled |= {"type", "enum", "const", "x-extensible-enum", *UPPER, *LOWER, *ASSERTIONS}
        yield from _unknown(flat, handled, f"{side.name}, ")

    def _part(self, pair: _Pair, name: str, side: _Side) -> Iterator[Change]:
        there, now = pair.before.get(name, True), pair.after.get(name, True)
        if isinstance(there, dict) and isinstance(now, dict):
            yield from self._schema(pair.of(name), side)
        elif there != now:
            narrower, wider = there is True or now is False, there is False or now is True
            values = _shown(there), _shown(now)
            yield from _either_way(pair.place, f"`{name}`", side, values, narrower=narrower, wider=wider)

    def _members(self, pair: _Pair, side: _Side) -> Iterator[Change]:
        members = pair.of("properties")
        gone, stayed, new = members.names()
        required = [set(schema.get("required", ())) for schema in (pair.before, pair.after)]
        for name in gone:
            yield Change(Kind.REMOVED, Breaks.CALLERS, members.of(name).place, f"member removed {side.name}")
        for name in new:
            breaks = Breaks.SERVERS if side is _SENT else Breaks.NEITHER
            yield Change(Kind.ADDED, breaks, members.of(name).place, f"member added {side.name}")
        for name in sorted(required[1] - required[0]):
            text = f"member is now required {side.name}"
            yield Change(Kind.CHANGED, side.narrower, members.of(name).place, text)
        for name in sorted(required[0] - required[1] - set(gone)):
            text = f"member is no longer required {side.name}"
            yield Change(Kind.CHANGED, side.wider, members.of(name).place, text)
        for name in stayed:
            member = self._followed(members.of(name))
            yield from _deprecation(replace(member, place=members.of(name).place), "member")
            yield from self._schema(members.of(name), side)

    def _sides(self, pair: _Pair) -> tuple[tuple[Mapping[str, Any], Any], ...]:
        return (self._before, pair.before), (self._after, pair.after)

    def _followed(self, pair: _Pair) -> _Pair:
        (_, before), (place, after) = (_follow(document, node) for document, node in self._sides(pair))
        return _Pair(before, after, place or pair.place)


def _operations(document: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Each operation by path and method, with what its path and the whole spec say for all of them."""
    return {
        (path, method): {
            "security": document.get("security"),
            **item[method],
            "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())],
        }
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    }


def _succeeds(status: str) -> bool:
    return status.startswith(("1", "2", "3"))


def _follow(document: Mapping[str, Any], node: Any) -> tuple[str, Any]:
    """The node that a chain of references ends in, and its pointer; what stands beside a reference is kept."""
    place, beside = "", dict[str, Any]()
    while isinstance(node, dict) and "$ref" in node:
        place = node["$ref"]
        beside = {**{name: value for name, value in node.items() if name != "$ref"}, **beside}
        node = document
        for token in place.removeprefix("#/").split("/"):
            node = node[token.replace("~1", "/").replace("~0", "~")]
    return place, {**node, **beside} if beside else node


def _flat(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """A schema with the members of the parts that `allOf` puts together; what parts say differently stays apart."""
    _, schema = _follow(document, schema)
    if not isinstance(schema, dict):
        return {} if schema else {"not": {}}
    flat = {name: value for name, value in schema.items() if name != "allOf"}
    for part in (_flat(document, part) for part in schema.get("allOf", ())):
        members = {**part.get("properties", {}), **flat.get("properties", {})}
        required = [*part.get("required", ()), *flat.get("required", ())]
        merged = {name: value for name, value in (("properties", members), ("required", required)) if value}
        rest = {name: value for name, value in part.items() if name not in PROSE | merged.keys()}
        apart = {name: value for name, value in rest.items() if flat.get(name, value) != value}
        flat = {**rest, **flat, **merged}
        if apart:
            flat["allOf"] = [*flat.get("allOf", ()), apart]
    return flat


def _either_way(
    place: str, what: str, side: _Side, values: tuple[str, str], *, narrower: bool, wider: bool
) -> Iterator[Change]:
    change = f"{side.name}: {values[0]} → {values[1]}"
    if narrower:
        yield Change(Kind.CHANGED, side.narrower, place, f"{what} admits less {change}")
    if wider:
        yield Change(Kind.CHANGED, side.wider, place, f"{what} admits more {change}")


def _shown(value: Any) -> str:
    """A value of the spec in few words."""
    if isinstance(value, dict):
        return "a schema"
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(_shown, value)) or "none"
    return "any" if value is None else str(value) if isinstance(value, str) else json.dumps(value, default=str)


def _required(pair: _Pair, name: str, side: _Side) -> Iterator[Change]:
    there, now = bool(pair.before.get("required")), bool(pair.after.get("required"))
    if there != now:
        breaks = side.narrower if now else side.wider
        yield Change(Kind.CHANGED, breaks, pair.place, f"{name} is {'now' if now else 'no longer'} required")


def _deprecation(pair: _Pair, name: str) -> Iterator[Change]:
    there, now = (isinstance(side, dict) and bool(side.get("deprecated")) for side in (pair.before, pair.after))
    if there != now:
        kind = Kind.DEPRECATED if now else Kind.CHANGED
        yield Change(kind, Breaks.NEITHER, pair.place, f"{name} is {'' if now else 'no longer '}deprecated")


def _types(schema: Mapping[str, Any]) -> Set[str]:
    named = schema.get("type", TYPES)
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def _listed_values(schema: Mapping[str, Any]) -> Any:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _closed(schema: Mapping[str, Any]) -> set[str] | None:
    values = _listed_values(schema)
    return None if values is None else {json.dumps(value, default=str) for value in values}


def _values(pair: _Pair, side: _Side) -> Iterator[Change]:
    """Types and lists of values, closed and open."""
    there, now = _types(pair.before), _types(pair.after)
    values = _shown(pair.before.get("type")), _shown(pair.after.get("type"))
    yield from _either_way(pair.place, "the type", side, values, narrower=bool(there - now), wider=bool(now - there))
    closed, closed_now = _closed(pair.before), _closed(pair.after)
    if closed != closed_now:
        narrower = closed_now is not None and (closed is None or bool(closed - closed_now))
        wider = closed is not None and (closed_now is None or bool(closed_now - closed))
        values = _shown(_listed_values(pair.before)), _shown(_listed_values(pair.after))
        yield from _either_way(pair.place, "the list of values", side, values, narrower=narrower, wider=wider)
    known, known_now = (schema.get("x-extensible-enum", []) for schema in (pair.before, pair.after))
    yield from _listed(known, known_now, pair.place, "known value", Breaks.NEITHER, Breaks.NEITHER)


def _limits(pair: _Pair, side: _Side) -> Iterator[Change]:
    """Bounds and assertions."""
    for names, sign in ((UPPER, 1), (LOWER, -1)):
        for name in names:
            there, now = (sign * schema.get(name, sign * float("inf")) for schema in (pair.before, pair.after))
            values = _shown(pair.before.get(name)), _shown(pair.after.get(name))
            yield from _either_way(pair.place, f"`{name}`", side, values, narrower=now < there, wider=now > there)
    for name in ASSERTIONS:
        there, now = pair.before.get(name), pair.after.get(name)
        if there != now:
            narrower, wider = now not in (None, False), there not in (None, False)
            values = _shown(there), _shown(now)
            yield from _either_way(pair.place, f"`{name}`", side, values, narrower=narrower, wider=wider)


def _listed(
    before: list[Any], after: list[Any], place: str, name: str, removed: Breaks, added: Breaks
) -> Iterator[Change]:
    yield from (Change(Kind.REMOVED, removed, place, f"{name} `{it}` removed") for it in before if it not in after)
    yield from (Change(Kind.ADDED, added, place, f"{name} `{it}` added") for it in after if it not in before)


def _unknown(pair: _Pair, handled: Set[str], name: str) -> Iterator[Change]:
    """Keywords that have no rule: whom they break is for a person to say, so both are named."""
    for keyword in sorted({*pair.before, *pair.after} - handled - PROSE):
        if not keyword.startswith("x-") and pair.before.get(keyword) != pair.after.get(keyword):
            for breaks in (Breaks.CALLERS, Breaks.SERVERS):
                yield Change(Kind.CHANGED, breaks, pair.place, f"{name}`{keyword}` changed, which no rule judges")


def _wording(before: Any, after: Any, place: str, *, named: bool = False) -> Iterator[Change]:
    """Descriptions, examples, sources and other words that promise nothing to a program."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        if isinstance(before, list) and isinstance(after, list):
            for index, (there, now) in enumerate(zip(before, after, strict=False)):
                yield from _wording(there, now, f"{place}/{index}")
        return
    words = {name for name in {*before, *after} if not named and (name in PROSE or name.startswith("x-"))}
    for name in sorted(words - {"x-extensible-enum"}):
        if before.get(name) != after.get(name):
            yield Change(Kind.CHANGED, Breaks.NEITHER, place, f"`{name}` reworded", wording=True)
    for name in (name for name in before if name in after and name not in words):
        pointer = f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
        yield from _wording(before[name], after[name], pointer, named=not named and name in NAMES)
