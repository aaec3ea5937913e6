"""A saved copy of the documentation page, cut into the sentences that it states.

A sentence is known by its place (section and table row) and its text: `No` beside one parameter is another
sentence than `No` beside the next. A JSON example is one sentence, whatever its layout. What the sentences
promise is the ledger's business; this module only reads.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREAMBLE = "Request"
_HEADING = re.compile(r"^(Request \w+|Response headers|Response \d{3} .+|[A-Z][A-Za-z]*( [A-Z][a-z]+)?)$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z$])")
_COLUMNS = (
    ("Name", "Required?", "Description"),
    ("Name", "Type", "Description"),
    ("Name", "Description"),
)


class NotAPageError(ValueError):
    """The text is not a documentation page of the layout that this module reads."""


@dataclass(frozen=True)
class Sentence:
    """One thing that the page states.

    Attributes:
        section: The heading that it stands under.
        row: The name in the first column of its table row; empty outside a table.
        text: The sentence, blanks folded; a JSON example in compact form.
        line: The line of the page that it begins on, from 1.
    """

    section: str
    row: str
    text: str
    line: int

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change when place or text does."""
        place_and_text = "\n".join((self.section, self.row, self.text))
        return hashlib.sha256(place_and_text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Line:
    number: int
    text: str


def read_page(path: Path) -> list[Sentence]:
    """The sentences of a saved page, in its order.

    Raises:
        NotAPageError: The text has no request line and no sections of a documentation page.
    """
    text = path.read_text(encoding="utf-8-sig")
    sentences = list(_sentences(text))
    sections = {sentence.section for sentence in sentences}
    if "Request parameters" not in sections or not any(section.startswith("Response") for section in sections):
        raise NotAPageError(f"{path} is not a documentation page: it has no request parameters or no responses")
    return sentences


def _sentences(text: str) -> Iterator[Sentence]:
    section = PREAMBLE
    for block in _blocks(text):
        if len(block) == 1 and _HEADING.match(block[0].text):
            section = block[0].text
            yield Sentence(section, "", section, block[0].number)
        elif block[0].text == "json":
            example = _compact("\n".join(line.text for line in block[1:]))
            yield Sentence(section, "", example, block[0].number)
        elif _is_row(block):
            yield from _row(section, block)
        else:
            for line in block:
                yield from _prose(section, "", line)


def _blocks(text: str) -> Iterator[list[_Line]]:
    """Runs of lines without a blank line between them; table headings removed, each row joined to its description."""
    runs: list[list[_Line]] = [[]]
    for number, raw in enumerate(text.splitlines(), 1):
        line = " ".join(raw.split()) if not raw.startswith((" ", "{", "}")) else raw.rstrip()
        if line.strip():
            runs[-1].append(_Line(number, line))
        elif runs[-1]:
            runs.append([])
    columns = 0
    pending: list[_Line] = []
    for run in filter(None, runs):
        if pending:
            yield pending + run
            pending = []
            continue
        texts = tuple(line.text for line in run)
        header = next((names for names in _COLUMNS if texts[: len(names)] == names), None)
        if header:
            columns = len(header)
            run = run[columns:]
            if len(run) == columns - 1:
                pending = run
            elif run:
                yield [*run, _Line(run[-1].number, "")]
        elif columns == 3 and len(run) == 2:
            pending = run
        else:
            columns = 0
            yield run
    if pending:
        yield pending


def _is_row(block: list[_Line]) -> bool:
    return len(block) > 1 and block[0].text.count(" ") == 0 and (block[1].text != block[0].text)


def _row(section: str, block: list[_Line]) -> Iterator[Sentence]:
    name = block[0].text
    for line in block:
        if line.text:
            yield from _prose(section, name, line)


def _prose(section: str, row: str, line: _Line) -> Iterator[Sentence]:
    for text in _SENTENCE_END.split(line.text.strip()):
        yield Sentence(section, row, text, line.number)


def _compact(example: str) -> str:
    try:
        return json.dumps(json.loads(example), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return " ".join(example.split())
