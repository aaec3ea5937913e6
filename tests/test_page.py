"""A saved page is cut into sentences, and none is passed over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import page, unread

PAGE = Path(__file__).with_name("page.txt")
ROOT = PAGE.parent.parent


def sentences(text: str, tmp_path: Path) -> list[page.Sentence]:
    path = tmp_path / "page.txt"
    path.write_text(text, encoding="utf-8")
    return page.read_page(path)


def test_sentences_keep_their_section_and_row() -> None:
    found = {(each.section, each.row, each.text) for each in page.read_page(PAGE)}
    assert ("Request parameters", "shelf", "No") in found
    assert ("Request parameters", "shelf", "Narrows the list to one shelf.") in found
    assert ("Response headers", "x-left", "How many calls are left.") in found
    assert ("Book", "title", "String, null") in found
    assert ("Response 200 OK", "", '{"books":[{"title":"Momo"}]}') in found


def test_every_word_of_the_page_is_in_a_sentence() -> None:
    words = {word for each in page.read_page(PAGE) for word in each.text.replace(",", " ").replace(":", " ").split()}
    headings = {"Name", "Required?", "Description", "Type", "json"}
    for word in PAGE.read_text().split():
        if word not in headings and not any(character in word for character in '{}[]"'):
            assert word.strip(",:") in words


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Narrows the list to one shelf.", "Narrows the list to two shelves."),
        ("shelf\nNo", "shelf\nYes"),
        ('"Momo"', '"Jim Knopf"'),
        ("Response 200 OK", "Response 201 Created"),
        ("String, null", "String"),
        ("How many calls are left.", "How many calls are left. It may be absent."),
    ],
)
def test_a_changed_sentence_has_another_digest(before: str, after: str, tmp_path: Path) -> None:
    text = PAGE.read_text()
    assert before in text
    old = {each.digest for each in page.read_page(PAGE)}
    assert {each.digest for each in sentences(text.replace(before, after, 1), tmp_path)} - old


def test_the_layout_of_an_example_does_not_matter(tmp_path: Path) -> None:
    text = PAGE.read_text()
    old = [each.digest for each in page.read_page(PAGE)]
    assert [each.digest for each in sentences(text.replace("    ", "  "), tmp_path)] == old


def test_a_text_that_is_no_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(page.NotAPageError):
        sentences("Dear reader,\n\nnothing here.\n", tmp_path)


def test_only_what_no_requirement_was_read_from_is_unread() -> None:
    texts = {each.text for each in unread.unread(page.read_page(PAGE))}
    assert {"Narrows the list to one shelf.", "They come in no order.", '{"books":[{"title":"Momo"}]}'} <= texts
    # The page of the API has this row, in this place, as well.
    assert "Authorization" not in texts


@pytest.mark.parametrize(("argument", "code"), [(str(PAGE), 1), ("no-such-file", 2), (str(ROOT / "LICENSE"), 2)])
def test_the_command_ends_with_a_code_of_its_own(argument: str, code: int) -> None:
    command = [sys.executable, "-m", "scripts.unread", argument]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == (code == 2)
