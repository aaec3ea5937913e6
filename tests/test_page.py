"""A saved page is read into what it states, whatever its layout, and no line is passed over."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import page
from scripts.page import Page

PAGE = Path(__file__).with_name("page.txt")
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = TEXT.split("\n\n")


def statements(found: Page) -> list[tuple[str, str, str]]:
    return [(each.place, each.part, each.text) for each in found.sentences]


def test_everything_has_its_place() -> None:
    found = statements(page.read_page(PAGE))
    assert ("Request", "", "Do not build upon it.") in found
    assert ("Request parameters", "heading", "Request parameters") in found
    assert ("Request parameters/$skip", "required", "No") in found
    assert ("Request parameters/changesetId", "", "What is listed belongs to that changeset.") in found
    assert ("Response headers/retry-after", "", "How many seconds to wait before asking again.") in found
    assert ("Response 429", "heading", "Response 429 Too many requests") in found
    assert ("Error/target", "type", "String, null") in found
    assert ("Error Response/error", "name", "error") in found


def test_the_request_line_and_the_examples_are_values() -> None:
    found = page.read_page(PAGE)
    assert found.request is not None
    assert (found.request.method, found.request.server) == ("GET", "https://qa-api.bentley.com")
    assert found.request.path == "/mesh-export/"
    assert list(found.request.query)[:3] == ["iModelId", "changesetId", "$top"]
    assert all(found.request.query.values())
    assert found.sections["Response 401"].examples[0].value["error"]["code"] == "HeaderNotFound"


def test_a_name_in_braces_is_of_the_path_and_one_without_brackets_is_required() -> None:
    found = page.read_text(TEXT.replace("/mesh-export/[?iModelId]", "/mesh-export/{id}?iModelId"))
    assert found.request is not None
    assert found.request.path == "/mesh-export/{id}"
    assert found.request.query["iModelId"] is False


def lines_taken(found: Page) -> set[int]:
    lines = {each.line for each in found.sentences} | {each.line for each in found.sections.values()}
    return lines | {each.number for each in (*found.navigation, *found.not_understood)}


def test_every_line_is_taken_for_something() -> None:
    taken = lines_taken(page.read_page(PAGE))
    columns = {"Name", "Required?", "Type", "Description"}
    in_json = False
    for number, line in enumerate(TEXT.splitlines(), 1):
        in_json = (in_json and bool(line)) or line == "json"
        assert number in taken or not line or line in columns or in_json, line


@settings(max_examples=40)
@given(
    st.sampled_from(range(len(BLOCKS) + 1)),
    st.text(st.characters(codec="ascii", exclude_characters="\r\n"), min_size=1),
)
def test_a_line_that_is_put_anywhere_is_taken_for_something(index: int, added: str) -> None:
    text = "\n\n".join([*BLOCKS[:index], added, *BLOCKS[index:]])
    if not " ".join(added.split()) or added.splitlines() != [added]:
        return
    before, after = page.read_text(TEXT), page.read_text(text)
    changed = statements(after) != statements(before) or after.not_understood
    assert changed or len(after.navigation) > len(before.navigation)


def rewrapped(block: str, width: int) -> str:
    """A paragraph of one line in narrower lines; anything else as it is."""
    return (
        block
        if "\n" in block
        else "\n".join(textwrap.wrap(block, width, break_long_words=False, break_on_hyphens=False))
    )


@settings(max_examples=40)
@given(
    st.integers(min_value=40, max_value=100),
    st.lists(st.integers(min_value=2, max_value=4), min_size=len(BLOCKS), max_size=len(BLOCKS)),
    st.booleans(),
)
def test_other_line_breaks_and_blank_lines_state_the_same(width: int, gaps: list[int], trailing: bool) -> None:
    text = "".join(
        rewrapped(block, width) + (" " * trailing) + "\n" * gap for block, gap in zip(BLOCKS, gaps, strict=True)
    )
    assert statements(page.read_text(text)) == statements(page.read_text(TEXT))


def test_blank_lines_within_a_row_and_the_layout_of_an_example_do_not_matter() -> None:
    text = TEXT.replace("\ncdn\nNo\n", "\ncdn\n\nNo\n").replace("    ", "\t").replace("Name\n", "Name\n\n")
    assert statements(page.read_text(text)) == statements(page.read_text(TEXT))


def test_the_request_line_may_be_wrapped() -> None:
    text = TEXT.replace("[&cdn]", "\n[&cdn]")
    assert page.read_text(text).request is not None
    assert statements(page.read_text(text)) == statements(page.read_text(TEXT))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"id": "fc3aa1e5', '"id": "fc3aa1e5" "'),
        ('"code": "HeaderNotFound",', '"code": "HeaderNotFound", "code": "Other",'),
        ("[?iModelId]", "[?iModelId"),
        ("[&cdn]", "[&cdn][&cdn]"),
    ],
)
def test_what_cannot_be_read_is_named(before: str, after: str) -> None:
    assert before in TEXT
    assert page.read_text(TEXT.replace(before, after, 1)).not_understood


@pytest.mark.parametrize(
    "text", ["", "Dear reader,\n\nnothing here.\n", "Response 200 OK\n\nFine.\n", '{"openapi": "3.1.0"}']
)
def test_a_text_that_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(page.NotAPageError):
        page.read_text(text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(page.NotAPageError):
        page.read_page(path)
