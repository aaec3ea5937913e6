"""Every check can fail, and none is there for nothing: without it a fault goes unnamed that is named with it.

That it is named with it is among what `test_suite_faults` shows. Each relation, too: it tells a server that breaks it
from one that does not. So does each place where a probe compares several exchanges.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from suite import ROOT, TOKEN, narrowly

from conformance.checks import CHECKS
from conformance.checks.registry import Observation
from conformance.exchange import Exchange, Request
from conformance.mock import FAULTS, Settings, serve
from conformance.relations import RELATIONS
from conformance.run import FULL, Run

NEEDED_FOR = {
    "json_body": "error-twice",
    "declared_body": "charset-declared-only",
    "schema": "changesetid-index",
    "createExport_status": "create-ok",
    "createExport_body": "create-without-status",
    "createExport_code": "create-export-not-found",
    "createExport_credentials": "create-without-token",
    "getExport_status": "get-unknown-crashes",
    "getExport_body": "get-without-envelope",
    "getExport_code": "get-unknown-is-imodel",
    "getExport_credentials": "get-without-token",
    "deleteExport_status": "delete-zero-id-crashes",
    "deleteExport_body": "delete-error-is-text",
    "deleteExport_code": "delete-code-of-imodel",
    "deleteExport_credentials": "delete-without-token",
    "whole_answer": "length-too-long",
    "documented_status": "part-206",
    "valid_request_is_accepted": "exporttype-imodel-refused",
    "invalid_parameter_is_refused": "any-direction",
    "blanks_are_trimmed_or_refused": "imodelid-with-newline-finds-nothing",
    "bad_credential_is_refused": "unauthorized-with-200",
    "undocumented_method": "put-crashes",
    "answered": "create-refuses-types",
    "as_asked": "create-other-type",
    "detailed": "create-detail-of-type",
    "nothing_deleted": "delete-unknown-succeeds",
    "error_code": "limit-code-in-lower-case",
    "error_details": "detail-code-by-parameter",
    "no_internals": "exception-in-detail",
    "no_credential": "token-in-401-message",
    "known_status": "status-blank-in-one",
    "unique": "twice-in-filter",
    "representation": "default-has-request",
    "mesh_links": "links-empty-in-one",
    "mesh_hosts": "cdn-by-presence",
    "own_request": "exporttype-like-pattern",
    "ordered": "asc-ignored-with-type",
    "selection": "exporttype-after-page",
    "past_any_end": "skip-of-32-bits",
    "sequence": "order-at-random",
    "data": "names-follow-call",
    "found": "get-loses-incomplete",
    "one_export": "get-gives-another",
    "retry_after": "retry-after-negative",
    "root_prefix": "root-keeps-one-segment",
    "kept_query": "links-escape-for-html",
    "paging_links": "prev-of-first-page",
}
"""For each check a fault that is seen by it alone."""

COMPARED_IN = {
    "test_access._stays_hidden": "access-not-judged-in-order",
    "test_access._is_in_its_place": "next-counts-everyone",
    "test_collection._confirm_losses": "cursor-passes-over-one",
    "test_headers._forgets": "root-sticks",
    "test_headers.test_a_strong_entity_tag_is_of_one_representation": "tag-of-the-url",
    "test_parameters._each_message_has_its_target": "detail-targets-sorted",
    "opening._see_the_first_again": "first-call-differs",
    "opening._learn_default_top": "default-page-50",
    "other_user.see_who_is_let_in": "imodel-opened-for-all-users",
    "second_look._confirm_walks": "ids-made-anew",
    "second_look._look_twice": "names-follow-call",
    "second_look._note_dates": "date-runs-backwards",
    "test_moved._asked_by_its_old_tag": "tag-of-the-count-304",
    "lives._hold": "life-lost",
    "lives._hold_deleted": "life-stays-in-list",
    "lives.delete": "life-deletes-neighbours",
    "cleaning.note_refusal": "life-never-deleted",
}
"""For each place that compares several exchanges a fault that is seen there alone."""
SEEN_ELSEWHERE_TOO = {
    "test_collection._same": "the checks hold each of the two answers against the walk as well",
    "test_collection._follow": "the checks see where each link leads",
    "test_collection._confirm_repeats": "the checks see each page against the order that was seen before",
    "test_collection.test_later_walks_show_the_same_collection": "a second look walks, too",
    "second_look._note_return": "later walks show it, too",
    "test_relations._confirm": "each relation is held against a fault of its own",
}
"""The other places, each with what else sees the same: they are there for collections that no walk can show whole."""

FILTERED, SLICED = "iModelId={iModelId}&exportType={exportType}&$top=5", "$skip=3&$top=5"
BROKEN_BY = {
    "trailing_slash_changes_nothing": ("bare-path-loses-query", SLICED),
    "escaping_of_dollar_changes_nothing": ("escaped-skip-unknown", SLICED),
    "unknown_parameter_changes_nothing": ("client-parameter-refused", SLICED),
    "conjunction_commutes": ("last-filter-wins", FILTERED),
    "conjunction_is_the_intersection": ("type-forgotten-beside-imodelid", FILTERED),
    "filter_is_subset": ("imodelid-adds-expired", FILTERED),
    "filter_is_complete": ("imodelid-loses-one", FILTERED),
    "slice_of_whole": ("skip-ignored", SLICED),
    "adjacent_pages_join": ("skip-ignored", SLICED),
    "order_is_a_permutation": ("order-drops-unfinished", SLICED),
    "asc_is_reverse_of_desc_up_to_ties": ("asc-ignored", SLICED),
    "representation_extends_minimal": ("full-other-names", SLICED),
    "prefix_changes_links_only": ("root-halves-list", SLICED),
    "cdn_changes_mesh_links_only": ("cdn-changes-order", SLICED),
    "links_lead_to_the_next_slice": ("next-skips-one", SLICED),
}
"""For each relation a fault that breaks it, and the query of a request that shows it."""


@pytest.mark.parametrize("name", CHECKS)
def test_without_the_check_a_fault_goes_unnamed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[NEEDED_FOR[name]]
    assert fault.requirements[0] in CHECKS[name].requirements
    monkeypatch.delitem(CHECKS, name)
    assert narrowly(fault).with_outcome("violated") == set()


@pytest.mark.parametrize("place", COMPARED_IN)
def test_without_the_comparison_a_fault_goes_unnamed(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broke = Run.broke

    def deaf(run: Run, *arguments: Any, **more: Any) -> None:
        caller = sys._getframe(1).f_code
        if f"{Path(caller.co_filename).stem}.{caller.co_name}" != place:
            broke(run, *arguments, **more)

    monkeypatch.setattr(Run, "broke", deaf)
    assert narrowly(FAULTS[COMPARED_IN[place]]).with_outcome("violated") == set()


def test_every_place_that_compares_exchanges_is_accounted_for() -> None:
    places = {
        f"{path.stem}.{function.name}"
        for path in (ROOT / "conformance").glob("*.py")
        if path.stem not in ("run", "counting")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        and any(isinstance(node, ast.Attribute) and node.attr == "broke" for node in ast.walk(function))
    }
    assert places == COMPARED_IN.keys() | SEEN_ELSEWHERE_TOO.keys()
    assert not COMPARED_IN.keys() & SEEN_ELSEWHERE_TOO.keys()


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_is_kept_by_a_conforming_server_and_broken_by_a_fault(name: str) -> None:
    fault, query = BROKEN_BY[name]
    assert {each.holds for each in observed(name, query, None)} == {True}
    assert False in {each.holds for each in observed(name, query, fault)}


def observed(name: str, query: str, fault: str | None) -> list[Observation]:
    """What a relation says of the mock."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    with serve(Settings(token=TOKEN, fault=fault)) as url, httpx2.Client(headers=headers) as client:

        def send(request: Request) -> Exchange:
            answer = client.get(url + request.target, headers=list(request.headers))
            return Exchange(1, request, "test", answer.status_code, body=answer.content)

        one = send(Request(query="$top=200", headers=FULL)).exports[100]
        request = Request(query=query.format(**one["request"]), headers=FULL)
        return list(RELATIONS[name](send, request))
