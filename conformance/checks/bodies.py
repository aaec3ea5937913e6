"""Checks of the body as such: its media type, its JSON, and the schema that the spec gives it.

Each error of the schema goes against the requirement that carries the part of the spec which it violates, so that a
member added to the spec is checked by its entry in the ledger alone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import jsonschema_rs

from conformance import ledger, spec
from conformance.checks.registry import Context, Observation, broken, check, held, judged
from conformance.exchange import NOT_JSON, Exchange

_BY_SPEC: Final = tuple(
    requirement.id
    for requirement in ledger.requirements().values()
    if not requirement.unchecked and any("/schemas/" in pointer for pointer in requirement.carried_by)
)
_ELSEWHERE: Final = frozenset(
    {
        "error-no-internals", "export-status-known", "full-request", "lastmodified-steady", "links-keep-query",
        "links-next-absent", "links-next-page", "links-next-present", "links-prev-page", "links-self-page",
        "mesh-link-complete", "mesh-link-form", "mesh-link-incomplete", "unauthorized-details",
        "unprocessable-every-parameter",
    }
)  # fmt: skip
"""Requirements of a schema's members that take more than the schema to keep: other checks say when they hold."""
_ERROR_BODIES: Final = {401: "unauthorized-body", 422: "unprocessable-body", 429: "rate-limit-body"}
_PARTIAL: Final = 206
_PART: Final = re.compile(r"bytes (?P<first>\d{1,18})-(?P<last>\d{1,18})/", re.IGNORECASE)
_GZIP: Final = b"\x1f\x8b"
_LINK: Final = "#/components/schemas/Link"
_FORMAT_KEYWORDS: Final = frozenset({"format", "pattern"})
_MOST_MEMBERS: Final = 1000
"""Members of bodies whose requirements are remembered."""


@check("body-as-declared")
def declared_body(context: Context) -> Iterator[Observation]:
    """A body is in the encoding that its headers declare, and a part of it as long as they say."""
    exchange = context.exchange
    if exchange.failure or exchange.request.method != "GET" or not exchange.body:
        return
    if exchange.charset and exchange.media_type in spec.media_types():
        fine = exchange.json is NOT_JSON or exchange.text == exchange.body.decode(exchange.charset, "replace")
        yield judged("body-as-declared", fine, f"UTF-8, where charset={exchange.charset} is declared")
    if exchange.status != _PARTIAL or exchange.media_type.startswith("multipart/"):
        return
    declared = exchange.header("content-range")
    if exchange.request.header("range") and exchange.json is NOT_JSON:
        yield judged("body-as-declared", declared is not None, "a part of the list without Content-Range")
    part = _PART.match(declared or "")
    if part:
        length = int(part["last"]) - int(part["first"]) + 1
        message = f"{len(exchange.body)} bytes, where Content-Range says {length}"
        yield judged("body-as-declared", len(exchange.body) == length or _is_coded(exchange), message)


def _is_coded(exchange: Exchange) -> bool:
    return (exchange.header("content-encoding") or "identity").lower() != "identity"


@check("ok-media-type", "ok-json", "json-encoding", "json-unique-names", "error-media-type", "body-as-declared")
def json_body(context: Context) -> Iterator[Observation]:
    """A list is one JSON text under a documented media type; so is an error body, where it is JSON."""
    exchange = context.exchange
    if exchange.failure or exchange.request.method != "GET" or exchange.status not in spec.documented_statuses():
        return
    documented = exchange.media_type in spec.media_types()
    message = f"Content-Type: {exchange.header('content-type')}"
    if exchange.status == 200:
        if not context.acceptable:
            return
        yield judged("ok-media-type", documented, message)
        yield judged("ok-json", exchange.json is not NOT_JSON, f"not JSON: {exchange.text[:60]!r}")
        coding = exchange.header("content-encoding")
        if exchange.json is NOT_JSON and (coding or exchange.body.startswith(_GZIP)):
            yield broken("body-as-declared", f"the body is not what Content-Encoding: {coding} says")
    elif exchange.json is not NOT_JSON and context.acceptable:
        yield judged("error-media-type", documented, message)
    if exchange.json is not NOT_JSON:
        if not exchange.charset:
            marked = exchange.body.startswith(codecs.BOM_UTF8)
            message = "a byte order mark, or bytes that are not UTF-8"
            yield judged("json-encoding", not marked and not exchange.is_garbled, message)
        yield judged("json-unique-names", not exchange.has_duplicate_names, "an object has a name twice")


@check(*_BY_SPEC, *_ERROR_BODIES.values())
def schema(context: Context) -> Iterator[Observation]:
    """A body of a documented status satisfies the schema that the spec gives it."""
    exchange = context.exchange
    if exchange.failure or exchange.request.method != "GET" or exchange.json is NOT_JSON:
        return
    if exchange.status not in spec.documented_statuses() or (exchange.status == 200 and not context.ordinary):
        return
    pointer = spec.response_schema(exchange.status)
    violated: set[str] = set()
    for error in spec.validator(pointer).iter_errors(exchange.json):
        for seen in _blame(exchange.status, pointer, error):
            spoilt = context.odd_root and seen.requirement == "link-absolute"
            if seen.requirement not in violated and not spoilt:
                violated.add(seen.requirement)
                yield seen
    for requirement in _present(pointer, exchange.json) - violated:
        yield held(requirement)


def _blame(status: int, pointer: str, error: jsonschema_rs.ValidationError) -> Iterator[Observation]:
    path = list(error.instance_path)
    keyword = str(error.schema_path[-1])
    if keyword == "required":
        # The library names the missing member in its message only.
        path.append(error.message.split('"')[1])
    place = spec.member_pointer(pointer, tuple(path))
    where = ".".join(map(str, path)) or "the body"
    came = "nothing" if keyword == "required" else repr(error.instance)[:80]
    message = f"{where}: {came}, against {keyword} of the schema"
    body = _ERROR_BODIES.get(status)
    null = error.instance is None and not (path and isinstance(path[-1], int))
    if body and (keyword == "required" or null):
        yield broken(body, message)
        return
    candidates = _carriers(place, keyword) if place else ()
    if place is None and not path:
        candidates = ledger.carried_by(f"{pointer}/properties/{'error' if body else 'exports'}")
    if path == ["_links", "prev"] and null:
        # The page shows none, and this says that there is none.
        return
    inferred = _of_an_inferred_link(place, path, keyword, null)
    if inferred:
        yield broken(inferred, message)
        return
    own = [requirement for requirement in candidates if requirement.id not in _ELSEWHERE]
    for requirement in (own or candidates)[:1]:
        yield broken(requirement.id, message)


def _of_an_inferred_link(place: str | None, path: list[str | int], keyword: str, null: bool) -> str | None:
    """The requirement that a link breaks by its form where the page does not show such a link."""
    if place and path[0] == "exports" and place.startswith(_LINK):
        return "mesh-link-form"
    if path[:2] == ["_links", "prev"] and keyword not in _FORMAT_KEYWORDS:
        return "links-prev-page"
    return "links-next-absent" if path == ["_links", "next"] and null else None


def _carriers(place: str, keyword: str) -> tuple[ledger.Requirement, ...]:
    named = ledger.carried_by(f"{place}/{keyword}") if keyword in _FORMAT_KEYWORDS else ()
    if keyword == "type":
        named = tuple(each for each in ledger.carried_by(spec.referred(place)) if each.id not in _ELSEWHERE)
    return named or ledger.carried_by(place)


def _present(pointer: str, body: object) -> set[str]:
    """The requirements of every member that a body has: nothing of the schema speaks against them."""
    found: set[str] = set()

    def visit(value: object, path: tuple[str | int, ...]) -> None:
        if path:
            found.update(_carried_by_member(pointer, path))
        if isinstance(value, dict):
            for name, member in value.items():
                visit(member, (*path, name))
        elif isinstance(value, list):
            for item in value[:1]:
                visit(item, (*path, 0))

    visit(body, ())
    return found


@lru_cache(maxsize=_MOST_MEMBERS)
def _carried_by_member(pointer: str, path: tuple[str | int, ...]) -> frozenset[str]:
    """The requirements that the spec has of a member of a body."""
    place = spec.member_pointer(pointer, path)
    parts = (place, f"{place}/format", f"{place}/pattern") if place else ()
    carried = {requirement.id for part in parts for requirement in ledger.carried_by(part)}
    return frozenset(carried & set(_BY_SPEC) - _ELSEWHERE)
