"""The circle of spec, ledger and checks is closed, and no requirement changes its meaning unnoticed."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import ledger, spec
from conformance.checks import CHECKS
from conformance.evidence import BY_COMPARISON, TOLD_BY_ALL, checks_for
from conformance.ledger import Level, Requirement
from conformance.needs import NEEDS
from scripts import drift

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = Path(__file__).with_name("requirements.snapshot.json")
GROUNDS = {
    "field-notes", "page-examples", "sibling-pages", "availability", "security", "$top and $skip count items",
    "RFC 3339", "RFC 3986", "RFC 7240", "RFC 8259", "RFC 9110", "RFC 9562",
}  # fmt: skip
SOURCES = drift.load()
EVERY = list(ledger.requirements().values())


def test_every_need_of_a_requirement_is_one_that_can_be_looked_for_and_each_is_used() -> None:
    assert {requirement.needs for requirement in EVERY} - {None} == set(NEEDS)


def meaning(requirement: Requirement) -> str:
    text = "\n".join((requirement.level, requirement.section, requirement.statement))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def carried() -> set[str]:
    return {pointer for requirement in EVERY for pointer in requirement.carried_by}


def elements() -> Iterator[str]:
    """What the spec says of the wire: parameters, headers, statuses, schema members and examples."""
    components = spec.document()["components"]
    for kind in ("parameters", "headers", "examples"):
        for name in components[kind]:
            yield f"#/components/{kind}/{name}"
    for operation in spec.operations().values():
        yield from (f"{place(operation)}/responses/{status}" for status in operation.definition["responses"])
    for name, schema in components["schemas"].items():
        yield from _members(f"#/components/schemas/{name}", schema)


def place(operation: spec.Operation) -> str:
    return f"#/paths/{operation.path.replace('/', '~1')}/{operation.method.lower()}"


def _members(pointer: str, schema: dict[str, object]) -> Iterator[str]:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    for name in properties:
        yield f"{pointer}/properties/{name}"
    parts = schema.get("allOf", [])
    assert isinstance(parts, list)
    for index, part in enumerate(parts):
        yield from _members(f"{pointer}/allOf/{index}", part)


@pytest.mark.parametrize("element", list(elements()))
def test_every_element_of_the_spec_is_carried_by_a_requirement(element: str) -> None:
    # All statuses are promised together where their own requirements do not name them.
    whole = {element.rpartition("/")[0]} if "/responses/" in element else set()
    assert any(pointer == element or pointer.startswith(f"{element}/") for pointer in carried()) or whole & carried()


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.id)
def test_every_requirement_names_what_carries_it(requirement: Requirement) -> None:
    assert requirement.carried_by
    for pointer in requirement.carried_by:
        spec.resolve(pointer)


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.id)
def test_a_must_was_read_from_the_page_and_a_should_has_a_ground(requirement: Requirement) -> None:
    if requirement.level is Level.MUST:
        assert requirement.read_from
        assert requirement.source is None
    else:
        assert requirement.source in GROUNDS


def test_every_requirement_is_checked_or_says_why_it_cannot_be() -> None:
    checked = BY_COMPARISON.union(*(check.requirements for check in CHECKS.values()))
    checkable = {requirement.id for requirement in EVERY if not requirement.unchecked}
    assert checkable - checked == set()
    assert {requirement.id for requirement in EVERY if requirement.unchecked} & checked == set()


def test_every_check_names_its_requirements() -> None:
    assert all(check.requirements for check in CHECKS.values())


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.id)
def test_who_asks_for_one_requirement_asks_every_check_of_it(requirement: Requirement) -> None:
    asked = {each.name for each in checks_for({requirement.id})}
    assert asked >= {name for name, each in CHECKS.items() if requirement.id in each.requirements}


def test_who_asks_for_one_requirement_asks_no_check_that_cannot_lead_to_it() -> None:
    assert {each.name for each in checks_for({"top-maximum"})} == {"invalid_parameter_is_refused", "error_details"}
    assert len(checks_for({next(iter(TOLD_BY_ALL))})) == len(CHECKS)


def test_no_two_operations_share_the_beginning_of_their_ids() -> None:
    slugs = [operation.slug for operation in spec.operations().values()]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize(
    ("name", "slug"),
    [("getExport", "get"), ("getExportLog", "get-export-log"), ("getLog", "get-log"), ("traceExport", "trace")],
)
def test_an_operation_has_its_verb_for_itself_only_if_it_is_of_an_export(name: str, slug: str) -> None:
    assert spec.Operation(name, "GET", "/mesh-export/{id}/log", {}).slug == slug


def test_no_sentence_is_both_read_and_declared_to_promise_nothing() -> None:
    read = {label for requirement in EVERY for label in requirement.read_from}
    assert read & SOURCES.nothing == set()


def test_the_ledger_and_the_digests_name_the_same_sentences() -> None:
    assert SOURCES.named == SOURCES.readings.keys()


def test_no_requirement_changes_its_meaning_or_vanishes() -> None:
    frozen: dict[str, str] = json.loads(SNAPSHOT.read_text())
    now = {requirement.id: meaning(requirement) for requirement in EVERY}
    gone = frozen.keys() - now.keys() - ledger.removed().keys()
    changed = [name for name, digest in frozen.items() if name in now and now[name] != digest]
    new = {name: digest for name, digest in now.items() if name not in frozen}
    assert (gone, changed) == (set(), []), "give a changed one a new id; name a removed one under `removed`"
    assert not new, f"add these lines to {SNAPSHOT.name}:\n{json.dumps(new, indent=1)[2:-2]}"


def test_the_id_of_a_removed_requirement_is_not_used_again() -> None:
    assert ledger.removed().keys() & ledger.requirements().keys() == set()
    assert all(re.match(r"\d+\.\d+\.\d+: \S", why) for why in ledger.removed().values())


def test_every_checked_requirement_has_a_probe_that_puts_it_to_the_test() -> None:
    marked = {
        argument.value
        for path in (ROOT / "conformance").glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirements"
        for argument in ast.walk(node)
        if isinstance(argument, ast.Constant)
    }
    assert {requirement.id for requirement in EVERY if not requirement.unchecked} - marked == set()
