"""The verdict in a terminal: a table by section of the page, the faults, and one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.report.shown import printable, status_line

_COLOURS: Final = {
    "holds": "green",
    "violated": "bold red",
    "deviates": "magenta",
    "inconclusive": "yellow",
    "unexercised": "dim",
}
_LONGEST_EXCERPT: Final = 300


def print_verdict(console: Console, report: dict[str, Any]) -> None:
    """Print a report."""
    checked = [entry for entry in report["requirements"] if not entry["unchecked"]]
    for section, group in groupby(checked, key=lambda entry: entry["section"]):
        console.print(_section_table(section, list(group)))
    for entry in checked:
        if entry["findings"]:
            _print_violation(console, entry)
    _print_notes(console, report)
    console.print(Text(report["verdict"], style="bold"), soft_wrap=True)


def _section_table(section: str, requirements: list[dict[str, Any]]) -> Table:
    table = Table(box=None, title=section, title_justify="left", title_style="bold", padding=(0, 1), expand=False)
    table.add_column("requirement", min_width=30)
    table.add_column("level", min_width=6)
    table.add_column("verdict", min_width=12)
    table.add_column("exchanges", justify="right")
    for entry in requirements:
        held, broken = entry["held"], entry["broken"]
        table.add_row(
            entry["id"],
            entry["level"],
            Text(entry["outcome"], style=_COLOURS[entry["outcome"]]),
            f"{broken} of {held + broken}" if broken else str(held),
        )
    return table


def _print_violation(console: Console, requirement: dict[str, Any]) -> None:
    outcome = requirement["outcome"]
    heading = f"\n{requirement['level']} {requirement['id']} {'is ' if outcome == 'violated' else ''}{outcome}"
    console.print(Text(heading, style=_COLOURS[outcome]), soft_wrap=True)
    finding, *others = requirement["findings"]
    response = finding["response"]
    lines = [
        f"  promised  {requirement['statement']} ({requirement['section']})",
        f"  came      {finding['message']}",
        f"  answer    {status_line(response)} {_excerpt(response['body'])}",
        f"  again     {finding['curl']}",
        *_deviation(finding),
        *(line for other in others for line in (f"  and       {other['message']}", *_deviation(other))),
    ]
    for line in lines:
        console.print(Text(_line(line)), soft_wrap=True)


def _deviation(finding: dict[str, Any]) -> Iterator[str]:
    deviation = finding["deviation"]
    if deviation:
        label = "accepted " if deviation["state"] == "in force" else "expired  "
        link = f" {deviation['link']}" if deviation["link"] else ""
        yield f"  {label} until {deviation['expires']} by {deviation['owner']}: {deviation['reason']}{link}"


def _line(text: str) -> str:
    """One line: what begins a line in the log of a job may be a command to it, and is never a server's."""
    return printable(text).replace("\n", " ")


def _excerpt(body: str) -> str:
    text = " ".join(body.split())
    return text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]}…"


def _print_notes(console: Console, report: dict[str, Any]) -> None:
    console.print()
    for entry in report["not_judged"]:
        if entry["reason"] == "inconclusive":
            console.print(Text(_line(f"{entry['id']} is inconclusive: {entry['why']}")), soft_wrap=True)
    unseen = sorted((entry["why"], entry["id"]) for entry in report["not_judged"] if entry["reason"] == "unexercised")
    for why, group in groupby(unseen, key=lambda each: each[0]):
        console.print(Text(f"Not seen, because {why}: {', '.join(name for _, name in group)}."), soft_wrap=True)
    for note in report["notes"]:
        console.print(Text(_line(note)), soft_wrap=True)
    unchecked = [entry["id"] for entry in report["not_judged"] if entry["reason"] == "unchecked"]
    if unchecked:
        console.print(Text(f"Not judged, because nobody outside can: {', '.join(unchecked)}."), soft_wrap=True)
