"""A saved copy of a documentation page, as plain text, read into what it states.

Every line is taken for something: a part of the request line, a heading, a cell of a table, a JSON example, a
sentence, navigation, or something that this module does not understand, which it names. What the page promises and
whether the spec says the same is left to others.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

PREAMBLE: Final = "Request"
PARAMETERS: Final = "Request parameters"
REQUEST_HEADERS: Final = "Request headers"
RESPONSE_HEADERS: Final = "Response headers"

_KNOWN_HEADINGS: Final = {name.casefold(): name for name in (PARAMETERS, REQUEST_HEADERS, RESPONSE_HEADERS)}
_RESPONSE: Final = re.compile(r"(Response \d{3})\b.*", re.IGNORECASE)
_TITLE: Final = re.compile(r"[A-Z][\w-]*( [\w-]+){0,3}")
_REQUEST_LINE: Final = re.compile(r"(GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS)\s+(https?://[^/\s]+)(/\S*)")
_QUERY_NAME: Final = re.compile(r"\[[?&](?P<optional>[^\[\]?&\s]+)\]|[?&](?P<required>[^\[\]?&\s]+)")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z$])")
_TYPES: Final = re.compile(r"[A-Z]\w*(\[\])?(, ?\w+(\[\])?)*")
_COLUMNS: Final = (
    ("Name", "Required?", "Description"),
    ("Name", "Type", "Description"),
    ("Name", "Description"),
)
_FOOTER: Final = re.compile(
    r"(was this (page|article|topic) .*|(last updated|copyright|cookie|©).*|back to top|edit this page|on this page"
    r"|contact( us)?|feedback|legal|log in|next|previous|privacy( policy| statement)?|share|sign in|support"
    r"|terms( of (service|use))?)",
    re.IGNORECASE,
)
_FOOTER_WORDS: Final = 12
# A line of a menu has few words, ends no sentence, and has none of these, a name like `pageToken` among them; a version
# is no number.
_MENU_WORDS: Final = 7
_VERSION: Final = re.compile(r"\b(v|version )\d+(\.\d+)*\b", re.IGNORECASE)
_NOT_A_MENU: Final = re.compile(
    r"[${}\[\]=\d]|\S/\S|(?-i:\b[a-z]{2,}[A-Z])|\b(beta|breaking|caution|deprecated|must|obsolete|preview|removed|required|retired|sunset"
    r"|unsupported|warning)\b",
    re.IGNORECASE,
)


class NotAPageError(ValueError):
    """The text is not a documentation page of the layout that this module reads."""


@frozen
class Sentence:
    """One thing that the page states.

    Attributes:
        place: The section that it stands in and, in a table, the row: `Request parameters/$top`.
        part: What it is there: `name`, `required`, `type`, `line`, `heading`, `example` or, of prose, nothing.
        text: The sentence, blanks folded; a JSON example in compact form.
        line: The line of the page that it begins on, from 1.
    """

    place: str
    part: str
    text: str
    line: int


@frozen
class Row:
    """A row of a table.

    Attributes:
        name: What stands in its first column.
        place: Where it stands, as in its sentences.
        cell: What stands in the column `Required?` or `Type`; empty where there is none.
        prose: Its description.
        line: The line of the page that it begins on.
    """

    name: str
    place: str
    cell: str
    prose: str
    line: int


@frozen
class Example:
    """A JSON example: its value, and the line of the page that it begins on."""

    value: Any
    line: int


@frozen
class Section:
    """What stands under one heading.

    Attributes:
        name: The heading without what is only its wording: `Response 422`.
        line: The line of the page that the heading stands on.
        rows: The rows of its tables.
        examples: Its JSON examples.
    """

    name: str
    line: int
    rows: list[Row] = field(factory=list)
    examples: list[Example] = field(factory=list)


@frozen
class RequestLine:
    """The line that says how to call.

    Attributes:
        method: In capitals.
        server: Scheme and host.
        path: With its names in braces.
        query: Whether each query parameter may be left out, by its name.
        line: The line of the page that it stands on.
    """

    method: str
    server: str
    path: str
    query: dict[str, bool]
    line: int


@frozen
class Line:
    """A line of the page with its number, and whether a blank line or nothing stands before it and behind it."""

    number: int
    text: str
    begins: bool = False
    ends: bool = False


@frozen
class Page:
    """What a page states.

    Attributes:
        request: The request line, of several the first; None where there is none.
        sections: The sections by name, in the order of the page.
        sentences: Everything that it states, in its order.
        navigation: Lines of menus, headers and footers.
        not_understood: Lines that are nothing that this module knows.
        more_requests: The request lines after the first.
    """

    sections: dict[str, Section] = field(factory=dict)
    sentences: list[Sentence] = field(factory=list)
    navigation: list[Line] = field(factory=list)
    not_understood: list[Line] = field(factory=list)
    request: RequestLine | None = None
    more_requests: list[RequestLine] = field(factory=list)


def read_page(path: Path) -> Page:
    """Read a saved page.

    Raises:
        NotAPageError: It cannot be read, or has not two of these: a request line, request parameters or headers,
            responses.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotAPageError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise NotAPageError(f"{path} is not a text in UTF-8") from error
    return read_text(text, str(path))


def read_text(text: str, name: str = "the text") -> Page:
    """Read the text of a page; `name` is what an error calls it.

    Raises:
        NotAPageError: As `read_page` does.
    """
    page = _Reader(text).read()
    signs = (
        page.request is not None,
        bool({PARAMETERS, REQUEST_HEADERS} & page.sections.keys()),
        any(_RESPONSE.fullmatch(section) for section in page.sections),
    )
    if sum(signs) < len(signs) - 1:
        raise NotAPageError(f"{name} is not a documentation page: it has no request line, no tables or no responses")
    return page


def _lines(text: str) -> list[Line]:
    raw = [" ".join(line.split()) for line in text.splitlines()]
    around = ["", *raw, ""]
    return [
        Line(number, line, not around[number - 1], not around[number + 1]) for number, line in enumerate(raw, 1) if line
    ]


class _Reader:
    """Goes over the lines once, front to back; the state is the section, the row and the columns it is in."""

    def __init__(self, text: str) -> None:
        self._raw = text.splitlines()
        self._lines = _lines(text)
        self._at = 0
        self._section = Section(PREAMBLE, 1)
        self._row = ""
        self._columns: tuple[str, ...] = ()
        self._requests: list[RequestLine] = []
        self._seen: Counter[str] = Counter()
        self._page = Page()

    def read(self) -> Page:
        """Read everything."""
        self._read_head()
        while self._at < len(self._lines):
            steps = (
                self._take_another_request,
                self._take_footer,
                self._take_heading,
                self._take_columns,
                self._take_example,
                self._take_row,
            )
            if not any(step() for step in steps):
                self._take_prose()
        page = self._page
        first = self._requests[0] if self._requests else None
        more = self._requests[1:]
        return Page(page.sections, page.sentences, page.navigation, page.not_understood, first, more)

    def _read_head(self) -> None:
        """Everything before the request lines or, where there are none, before the first heading that is known."""
        requests = [index for index, line in enumerate(self._lines) if _REQUEST_LINE.match(line.text)]
        known = [index for index, line in enumerate(self._lines) if line.begins and _known_heading(line.text)]
        # A menu may have such a heading, too.
        first_known = next((index for index in known if index > requests[0]), len(self._lines)) if requests else 0
        for index in [index for index in requests if index < first_known]:
            self._take_head(index)
            self._take_request_line()
        if not requests:
            self._take_head(min(known[:1] or [0]))

    def _take_head(self, end: int) -> None:
        while self._at < end:
            self._take_menu_or_prose(end)

    def _take_menu_or_prose(self, end: int) -> None:
        first = self._lines[self._at]
        self._at += 1
        if _is_menu(first.text):
            self._page.navigation.append(first)
            return
        # A sentence may go on in the next lines of its paragraph.
        text, last = first.text, first
        while self._at < end and not last.ends and not text.endswith((".", "!", "?")):
            last = self._lines[self._at]
            text = f"{text} {last.text}"
            self._at += 1
        self._state("", text, first.number)

    def _take_request_line(self) -> None:
        first = last = self._lines[self._at]
        self._at += 1
        text = first.text
        while not last.ends and self._at < len(self._lines) and self._lines[self._at].text.startswith(("[", "?", "&")):
            last = self._lines[self._at]
            text += last.text
            self._at += 1
        self._page.sentences.append(Sentence(PREAMBLE, "line", text, first.number))
        match = _REQUEST_LINE.fullmatch(text)
        path, query = _split_query(match[3]) if match else ("", None)
        if match is None or query is None:
            self._page.not_understood.append(Line(first.number, text))
        else:
            self._requests.append(RequestLine(match[1], match[2], path, query, first.number))

    def _take_another_request(self) -> bool:
        if not _REQUEST_LINE.match(self._lines[self._at].text):
            return False
        self._take_request_line()
        return True

    def _take_heading(self) -> bool:
        line = self._lines[self._at]
        name = self._heading_at(self._at)
        if name is None:
            return False
        self._at += 1
        self._section = Section(self._unique(name), line.number)
        self._row, self._columns = "", ()
        self._page.sections[self._section.name] = self._section
        self._page.sentences.append(Sentence(self._section.name, "heading", line.text, line.number))
        return True

    def _heading_at(self, at: int) -> str | None:
        line = self._lines[at]
        if not line.begins or not (line.ends or self._columns_at(at + 1)):
            return None
        if self._columns_at(at) or _opens_example(line.text):
            return None
        known = _known_heading(line.text)
        if known or self._awaits_description():
            return known
        return line.text if _TITLE.fullmatch(line.text) else None

    def _awaits_description(self) -> bool:
        """Whether the next line can only be the description of the row before it."""
        if not self._row:
            return False
        row = self._section.rows[-1]
        return not row.prose and (bool(row.cell) or len(self._columns) == 2)

    def _in_footer(self) -> bool:
        return self._section.name == "Footer"

    def _columns_at(self, at: int) -> tuple[str, ...]:
        texts = tuple(line.text for line in self._lines[at : at + 3])
        return next((names for names in _COLUMNS if texts[: len(names)] == names), ())

    def _take_columns(self) -> bool:
        columns = self._columns_at(self._at)
        if not columns:
            return False
        self._at += len(columns)
        self._row, self._columns = "", columns
        return True

    def _take_row(self) -> bool:
        line = self._lines[self._at]
        first = not self._row
        if not self._columns or " " in line.text or not (line.begins or first):
            return False
        cell = self._cell(line)
        if cell is None:
            return False
        place = self._unique(f"{self._section.name}/{line.text}")
        self._at += 2 if cell.text else 1
        self._row = place
        self._page.sentences.append(Sentence(place, "name", line.text, line.number))
        if cell.text:
            part = "required" if self._columns[1] == "Required?" else "type"
            self._page.sentences.append(Sentence(place, part, cell.text, cell.number))
        self._section.rows.append(Row(line.text, place, cell.text, "", line.number))
        return True

    def _cell(self, name: Line) -> Line | None:
        """What stands in the second of three columns; a line without text where it is empty; None for no row."""
        following = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else None
        nothing = None if not re.fullmatch(r"[\w$.-]*\w", name.text) else Line(name.number, "")
        if len(self._columns) == 2:
            return nothing
        if self._columns[1] == "Required?":
            if following and following.text.casefold() in ("yes", "no"):
                return following
            short = following and not name.ends and following.ends and len(following.text.split()) <= 3
            return following if short else None
        if following and not name.ends and _TYPES.fullmatch(following.text):
            return following
        return nothing if name.ends else None

    def _take_example(self) -> bool:
        line = self._lines[self._at]
        marked = _opens_example(line.text)
        if not marked and not line.text.startswith(("{", "[")):
            return False
        start = line.number if marked else line.number - 1
        value, length = _decode("\n".join(self._raw[start:]))
        if length == 0:
            return self._take_what_is_no_json(line)
        last = start + length
        while self._at < len(self._lines) and self._lines[self._at].number <= last:
            self._at += 1
        compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        place = self._unique(f"{self._section.name}/example")
        self._section.examples.append(Example(value, line.number))
        self._page.sentences.append(Sentence(place, "example", compact, line.number))
        return True

    def _take_what_is_no_json(self, line: Line) -> bool:
        self._page.not_understood.append(line)
        self._at += 1
        while not line.ends and self._at < len(self._lines):
            line = self._lines[self._at]
            self._page.not_understood.append(line)
            self._at += 1
        return True

    def _just_opened(self) -> bool:
        """Whether a section has nothing yet but its heading."""
        return not self._page.sentences or self._page.sentences[-1].part == "heading"

    def _take_footer(self) -> bool:
        line = self._lines[self._at]
        if _known_heading(line.text):
            return False
        begins = line.begins and not self._just_opened() and not self._awaits_description()
        if begins and _FOOTER.fullmatch(line.text):
            self._section, self._row, self._columns = Section("Footer", line.number), "", ()
        if not self._in_footer():
            return False
        if self._columns_at(self._at):
            self._page.not_understood.append(line)
            self._at += 1
        else:
            self._take_menu_or_prose(len(self._lines))
        return True

    def _take_prose(self) -> None:
        first = last = self._lines[self._at]
        texts = [first.text]
        self._at += 1
        while not last.ends and self._at < len(self._lines):
            text = self._lines[self._at].text
            if self._columns_at(self._at) or _opens_example(text) or _REQUEST_LINE.match(text):
                break
            last = self._lines[self._at]
            texts.append(last.text)
            self._at += 1
        self._state(self._row, " ".join(texts), first.number)

    def _state(self, row: str, text: str, number: int) -> None:
        place = row or self._section.name
        if row:
            before = self._section.rows.pop()
            prose = f"{before.prose} {text}".strip()
            self._section.rows.append(Row(before.name, before.place, before.cell, prose, before.line))
        for sentence in _SENTENCE_END.split(text):
            self._page.sentences.append(Sentence(place, "", sentence, number))

    def _unique(self, place: str) -> str:
        self._seen[place] += 1
        return place if self._seen[place] == 1 else f"{place} ({self._seen[place]})"


def _opens_example(text: str) -> bool:
    return text.casefold() == "json"


def _known_heading(text: str) -> str | None:
    response = _RESPONSE.fullmatch(text)
    return response[1].capitalize() if response else _KNOWN_HEADINGS.get(text.casefold())


def _is_menu(text: str) -> bool:
    words = len(text.split())
    if _known_heading(text) or (words <= _FOOTER_WORDS and _FOOTER.fullmatch(text)):
        return True
    return words <= _MENU_WORDS and not text.endswith((".", "!")) and not _NOT_A_MENU.search(_VERSION.sub("", text))


def _split_query(target: str) -> tuple[str, dict[str, bool] | None]:
    """The path, and whether each query parameter may be left out; None where that cannot be read."""
    match = re.search(r"[\[?&]", target)
    path, rest = (target[: match.start()], target[match.start() :]) if match else (target, "")
    found = list(_QUERY_NAME.finditer(rest))
    names = [each["optional"] or each["required"] for each in found]
    if "".join(each[0] for each in found) != rest or len(set(names)) < len(names):
        return path, None
    return path, {name: bool(each["optional"]) for name, each in zip(names, found, strict=True)}


def _decode(text: str) -> tuple[Any, int]:
    """The JSON value that a text begins with and the number of its lines; no lines where there is none."""
    blank = len(text) - len(text.lstrip())
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_unique_names, parse_constant=_refuse).raw_decode(text, blank)
    except (ValueError, RecursionError):
        return None, 0
    rest, _, _ = text[end:].partition("\n")
    return (None, 0) if rest.strip() else (value, text.count("\n", 0, end) + 1)


def _unique_names(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def table_rows(page: Page, section: str) -> Iterator[Row]:
    """The rows of the table in a section; none where the page has no such section."""
    yield from page.sections[section].rows if section in page.sections else ()
