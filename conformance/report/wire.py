"""What the spec says of the wire, for a reader who compares: names, types, codes and example payloads.

The page's prose is nowhere: descriptions are the spec's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

from attrs import frozen

from conformance import spec

_CONSTRAINTS: Final = (
    *("type", "format", "pattern", "enum", "x-extensible-enum", "const", "minimum", "maximum", "required"),
    *("scheme", "bearerFormat"),
)


@frozen
class WireFact:
    """One part of the spec that carries a requirement.

    Attributes:
        pointer: Its JSON pointer.
        name: What it is on the wire, such as `$top` or `exports[].status`.
        kind: What kind of thing that is.
        constraints: What the spec says of it, name and value.
        example: An example payload as JSON; empty where it is none.
    """

    pointer: str
    name: str
    kind: str
    constraints: tuple[tuple[str, str], ...] = ()
    example: str = ""


@cache
def wire_facts(pointers: tuple[str, ...]) -> tuple[WireFact, ...]:
    """The facts that JSON pointers into the spec name; one that this version of the spec does not have is left out."""
    return tuple(_merged(fact for pointer in pointers if (fact := _fact(pointer))))


@cache
def answer_facts(operation: str, status: int) -> tuple[WireFact, ...]:
    """What an answer with a status looks like, by an example; the statuses that there are, for one of no meaning."""
    about = spec.operations()[operation]
    responses = about.definition["responses"]
    if str(status) not in responses:
        return (WireFact("", ", ".join(responses), f"statuses of {about.method} {about.path}"),)
    reference = responses[str(status)].get("$ref", "")
    response = spec.resolve(reference) if reference else responses[str(status)]
    examples = response.get("content", {}).get(spec.VENDOR_MEDIA_TYPE, {}).get("examples", {})
    return wire_facts(tuple(each["$ref"] for each in examples.values() if "$ref" in each))


def _merged(facts: Iterable[WireFact]) -> Iterator[WireFact]:
    """One fact for each thing on the wire: a parameter and its schema are the same thing."""
    seen: dict[tuple[str, str], WireFact] = {}
    for fact in facts:
        known = seen.get((fact.kind, fact.name))
        constraints = dict((*known.constraints, *fact.constraints) if known else fact.constraints)
        seen[fact.kind, fact.name] = WireFact(
            fact.pointer, fact.name, fact.kind, tuple(constraints.items()), fact.example
        )
    yield from seen.values()


def _fact(pointer: str) -> WireFact | None:
    try:
        node = spec.resolve(pointer)
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("#/").split("/")]
        return _of_paths(pointer, steps) if steps[0] == "paths" else _of_components(pointer, steps[1:], node)
    except KeyError:
        return None


def _of_paths(pointer: str, steps: list[str]) -> WireFact:
    _, path, method, *rest = steps
    name = f"{method.upper()} {path}"
    if not rest or rest[0] != "responses":
        return WireFact(pointer, name, "request")
    statuses = rest[1:2] or list(spec.resolve(f"#/paths/{path.replace('/', '~1')}/{method}/responses"))
    return WireFact(pointer, ", ".join(statuses), f"status of {name}")


def _of_components(pointer: str, steps: list[str], node: Any) -> WireFact | None:
    group, name, *rest = steps
    root = spec.resolve(f"#/components/{group}/{name}")
    if group == "examples":
        return WireFact(pointer, name, "example payload", example=json.dumps(root["value"], indent=2))
    if group == "parameters":
        kind = "query parameter" if root["in"] == "query" else "header"
        return WireFact(pointer, root["name"], kind, _constraints(root["schema"]))
    if group == "schemas":
        members = [step for before, step in pairwise(rest) if before == "properties"]
        target = spec.resolve(spec.referred(pointer)) if isinstance(node, dict) else node
        return WireFact(pointer, ".".join((name, *members)), "member" if members else "schema", _constraints(target))
    kind = {"securitySchemes": "credential", "headers": "response header", "responses": "response"}.get(group, group)
    return WireFact(
        pointer, _spaced(name) if group == "responses" else name, kind, _constraints(root.get("schema", root))
    )


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _constraints(node: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(node, dict):
        return ()
    if "$ref" in node:
        node = spec.resolve(node["$ref"])
    return tuple((key.removeprefix("x-"), _value(node[key])) for key in _CONSTRAINTS if key in node)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
