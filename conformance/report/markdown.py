"""The report as Markdown, for a person who looks at it once in the morning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from conformance.report.shown import (
    Report,
    Violation,
    accepted,
    by_requirement,
    fixed,
    printable,
    violations,
    why_partial,
)

_MOST: Final = 20
"""Requirements in a summary: a page of them is read, a book is not."""
_LONGEST: Final = 200


def markdown(report: Report) -> str:
    """The summary: the verdict, what is new, then each finding with the lines that send it again."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    found = list(violations(report))
    yield f"## {_code(report['target'])}"
    yield ""
    yield f"**{report['verdict']}**"
    if report["partial"]:
        yield ""
        yield "The run did not come to its end: this is what was seen so far."
        yield from (f"\n{_code(reason)}" for reason in why_partial(report))
    yield from _since(report, found)
    groups = by_requirement(found)
    for first, *others in groups[:_MOST]:
        yield from _finding(first)
        if others:
            yield ""
            yield from (f"- and {_code(each.finding['message'][:_LONGEST])}" for each in others)
    if len(groups) > _MOST:
        yield ""
        yield f"And {len(groups) - _MOST} more requirements: see `report.html`."
    if report["notes"]:
        yield ""
        yield from (f"- {_code(note)}" for note in report["notes"])


def _since(report: Report, found: list[Violation]) -> Iterator[str]:
    if not report["past"]:
        return
    new, gone = [each for each in found if each.new], [each["id"] for each in fixed(report)]
    yield ""
    fixed_too = f", fixed: {', '.join(map(_code, gone))}" if gone else ""
    flaky = sum(each.flaky for each in found)
    known = f"{f'{flaky} flaky, ' if flaky else ''}{len(found) - len(new) - flaky} known"
    yield f"Since the run of {report['past'][-1]['started']}: {len(new)} new, {known}{fixed_too}."


def _finding(violation: Violation) -> Iterator[str]:
    requirement, finding = violation.requirement, violation.finding
    marks = [
        requirement["level"],
        *(["new"] if violation.new else ["flaky"] if violation.flaky else []),
        *([] if violation.counts else ["does not count"]),
    ]
    yield ""
    yield f"### `{requirement['id']}` ({', '.join(filter(None, marks))})"
    yield ""
    yield f"{requirement['statement']} ({requirement['section']})"
    yield ""
    if finding["deviation"]:
        yield _code(accepted(finding["deviation"]))
        yield ""
    yield from _fenced("text", finding["message"])
    yield from _fenced("sh", f"{finding['curl']}\n{finding['replay']}")


def _fenced(language: str, text: str) -> Iterator[str]:
    """A block of code, whose fence is longer than any run of backticks in it: a server's words stay words."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    yield f"{fence}{language}"
    yield printable(text)
    yield fence


def _code(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{' '.join(printable(text).split())}{padding}{fence}"
