"""The report as one HTML page that needs nothing else: no network, no script of others, no build.

Made from the data of `report.json` and the spec alone. Every word of the server is escaped, and the page's own policy
forbids any script and style but the two that are written here.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance.report.shown import (
    Report,
    accepted,
    by_requirement,
    fixed,
    printable,
    status_line,
    violations,
    why_partial,
)
from conformance.report.wire import WireFact, answer_facts, wire_facts

_TEMPLATES: Final = Path(__file__).with_name("templates")
_CODES: Final = {0: "Conforms", 1: "Does not conform", 3: "No API to judge", 4: "No verdict", 5: "Not finished"}
_OPEN: Final = 3
"""Findings that are open from the start: what a reader sees without a click is one page."""
_CHART_WIDTH: Final = 960
_CHART_HEIGHT: Final = 64
_JSON_PIECES: Final = re.compile(r'\{\s*\}|\[\s*\]|"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')
_DEEPEST: Final = 40
_PERCENTILES: Final = ("p50", "p90", "p99")


def html(report: Report) -> str:
    """The report as the text of an HTML file."""
    script, style = (_asset(name) for name in ("report.js", "report.css"))
    found = list(violations(report))
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            headline=_CODES[report["exit_code"]],
            outcome={0: "holds", 1: "violated"}.get(report["exit_code"], "inconclusive"),
            sections=_sections(report),
            violations=found,
            open={each[0].finding["fingerprint"] for each in by_requirement(found)[:_OPEN]},
            new=[each for each in found if each.new],
            flaky=sum(each.flaky for each in found),
            fixed=fixed(report),
            chart=_Chart.of(report["latencies"]),
            script=Markup(script),  # noqa: S704  our own files
            style=Markup(style),  # noqa: S704
            policy=f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
            "base-uri 'none'; form-action 'none'",
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["accepted"] = accepted
    environment.filters["printable"] = printable
    environment.filters["code"] = _code
    environment.filters["pretty"] = _pretty
    environment.filters["milliseconds"] = _milliseconds
    environment.filters["moment"] = _moment
    environment.globals["wire_facts"] = _wire_facts
    environment.globals["answer_facts"] = _answer_facts
    environment.globals["status_line"] = status_line
    environment.globals["why_partial"] = why_partial
    return environment


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """As a content security policy has it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _pretty(body: str) -> str:
    """A JSON text with its members one to a line, even where it is cut; any other as it came."""
    return "".join(_indented(body.strip())) if body.lstrip()[:1] in ("{", "[") else body


def _indented(text: str) -> Iterator[str]:
    depth = 0
    for piece in _JSON_PIECES.findall(text):
        if piece in ("}", "]"):
            depth = max(0, depth - 1)
            yield "\n" + "  " * depth
        yield f"{piece} " if piece == ":" else piece
        depth += piece in ("{", "[")
        if piece in ("{", "[", ","):
            yield "\n" + "  " * min(depth, _DEEPEST)


def _code(text: str) -> Markup:
    """A sentence of ours with what is between backticks as code."""
    parts = [
        Markup("<code>%s</code>") % part if index % 2 else escape(part) for index, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def _milliseconds(time: float) -> str:
    return f"{time / 1000:.3g} s" if time >= 1000 else f"{time:.3g} ms"


def _moment(text: str) -> str:
    return f"{text[:10]} {text[11:16]} UTC"


def _wire_facts(requirement: dict[str, Any]) -> tuple[WireFact, ...]:
    return wire_facts(tuple(requirement["carried_by"]))


def _answer_facts(requirement: dict[str, Any], finding: dict[str, Any]) -> tuple[WireFact, ...]:
    """What the answer should have been like: with the status that the requirement speaks of, or else as it came."""
    own = wire_facts(tuple(requirement["carried_by"]))
    if any(fact.example for fact in own):
        return ()
    spoken_of = [fact.name for fact in own if fact.name.isdecimal()]
    status = int(spoken_of[0]) if spoken_of else finding["response"]["status"]
    known = {fact.name for fact in own}
    return tuple(fact for fact in answer_facts(finding["operation"], status) if fact.name not in known)


def _sections(report: Report) -> list[dict[str, Any]]:
    return [
        {"name": name, "requirements": list(group), "id": f"section-{number}"}
        for number, (name, group) in enumerate(groupby(report["requirements"], key=lambda each: each["section"]), 1)
    ]


@frozen
class _Row:
    """The times of one class of status.

    Attributes:
        name: The class.
        times: What the report has of it.
        bars: Left edge, width and height of each bar, in the units of the chart.
        marks: Name and place of each percentile.
    """

    name: str
    times: dict[str, Any]
    bars: list[tuple[float, float, float]]
    marks: list[tuple[str, float]]


@frozen
class _Chart:
    """The histograms above one another, on one logarithmic scale of time.

    Attributes:
        rows: The classes.
        ticks: Label and place of each power of ten.
        width: Of the chart.
        height: Of one row.
    """

    rows: list[_Row]
    ticks: list[tuple[str, float]]
    width: int = _CHART_WIDTH
    height: int = _CHART_HEIGHT

    @classmethod
    def of(cls, latencies: dict[str, Any]) -> _Chart:
        bounds = [bound for times in latencies.values() for bound, _ in times["histogram"]]
        decades = max(2, math.ceil(math.log10(max(bounds, default=1.0)) - 1e-9)) if bounds else 2
        # A tenth of a decade before 1 ms has the fastest answers.
        scale = _CHART_WIDTH / (decades + 0.1)

        def place(milliseconds: float) -> float:
            return round(scale * (math.log10(max(milliseconds, 1.0)) + 0.1), 1)

        rows = [_row(name, times, place, scale / 10) for name, times in latencies.items()]
        ticks = [(_milliseconds(10.0**power), place(10.0**power)) for power in range(decades + 1)]
        return cls(rows, ticks)


def _row(name: str, times: dict[str, Any], place: Callable[[float], float], width: float) -> _Row:
    most = max(count for _, count in times["histogram"])
    bars = [
        (round(place(bound) - width, 1), round(width - 1, 1), round((_CHART_HEIGHT - 4) * max(0.02, count / most), 1))
        for bound, count in times["histogram"]
    ]
    return _Row(name, times, bars, [(key, place(times[key])) for key in _PERCENTILES])
