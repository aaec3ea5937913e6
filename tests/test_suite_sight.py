"""What a collection is too small or too plain to show is not said to hold, and the report says why."""

from __future__ import annotations

import pytest
from suite import TOKEN, judge

from conformance.mock import Settings, serve


@pytest.mark.parametrize(
    ("size", "requirement", "reason"),
    [
        (0, "export-id", "the collection is empty"),
        (1, "skip-leaves-out", "the collection has fewer than two exports"),
        (1, "orderby-asc", "no two exports have different dates"),
        (1, "mesh-link-incomplete", "every export is complete"),
        (2, "top-default", "the collection fits on one page of the default size"),
        (2, "retry-after-present", "the server showed no rate limit; --probe-rate-limit and a full run look for one"),
        (
            2,
            "create-status",
            "the operation createExport changes something: --allow-writes with --scratch-imodel sends it",
        ),
    ],
)
def test_a_requirement_without_anything_to_see_is_unexercised(size: int, requirement: str, reason: str) -> None:
    with serve(Settings(token=TOKEN, size=size)) as url:
        said = judge(url, "--seed", "1", "--requirement", requirement)
    assert said.with_outcome("unexercised") == {requirement}
    assert f"Not seen, because {reason}: {requirement}." in said.output
    assert said.report["requirements"][0]["lacking"] == reason


def test_what_is_there_to_see_is_judged() -> None:
    with serve(Settings(token=TOKEN, size=250)) as url:
        said = judge(url, "--seed", "1", "--requirement", "orderby-asc", "--requirement", "top-default")
    assert said.with_outcome("holds") == {"orderby-asc", "top-default"}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("exports-object-when-single", "exports-present"),
        ("json-raw-controls", "ok-json"),
        ("json-cut-letter", "json-encoding"),
    ],
)
def test_what_cannot_be_read_is_not_held_against_other_promises(fault: str, requirement: str) -> None:
    with serve(Settings(token=TOKEN, fault=fault)) as url:
        said = judge(url, "--seed", "1", "-k", "filter_selects or order_sorts")
    assert said.with_outcome("violated") == {requirement}


def test_what_flickers_in_a_collection_of_several_pages_is_named_as_that() -> None:
    with serve(Settings(token=TOKEN, size=1204, fault="one-export-flickers")) as url:
        said = judge(url, "--seed", "1", "--requirement", "list-steady", "--exitfirst")
    assert said.with_outcome("violated") == {"list-steady"}


def test_what_is_lost_at_the_end_of_each_selection_is_named_by_its_place() -> None:
    with serve(Settings(token=TOKEN, size=20, fault="last-one-alone-lost")) as url:
        said = judge(url, "--seed", "5", "-k", "selections")
    assert said.with_outcome("violated") == {"skip-leaves-out"}, said.output


@pytest.mark.parametrize(
    ("fault", "requirement", "probes"),
    [
        ("invalid-hidden", "list-complete", "selections"),
        ("skip-by-tens-in-order", "skip-leaves-out", "selections or relations"),
        ("vendor-type-422-with-order", "accept-vendor", "filter_goes_with_order or invalid_values"),
        # These break a SHOULD, and would end a run with 1 where a MUST were named beside.
        ("default-page-1000", "top-default", "exports"),
        ("changesetid-short-accepted", "changesetid-format", "an_invalid_value"),
        ("imodelid-end-unchecked", "imodelid-format", "an_invalid_value"),
        ("parameters-past-twenty-lost", "unknown-parameter-ignored", "unknown_parameters"),
    ],
)
def test_one_cause_has_one_name(fault: str, requirement: str, probes: str) -> None:
    with serve(Settings(token=TOKEN, size=110, fault=fault)) as url:
        said = judge(url, "--seed", "83", "--fail-on", "should", "-k", probes)
    assert said.with_outcome("violated") == {requirement}, said.output
