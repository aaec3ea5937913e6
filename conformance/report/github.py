"""What a run says to GitHub, where it runs there: annotations in the log, and the summary of its step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from conformance.report.markdown import markdown
from conformance.report.shown import Report, Violation, by_requirement, printable, violations

_MOST: Final = 10
"""GitHub shows no more annotations of one kind for a step."""


def tell_github(report: Report, console: Console, environment: Mapping[str, str] = os.environ) -> None:
    """Print the annotations and append the summary, each where GitHub asks for it.

    Args:
        report: The report.
        console: Where the log goes.
        environment: `GITHUB_ACTIONS` and `GITHUB_STEP_SUMMARY` are read from it.

    Raises:
        OSError: The summary cannot be written.
    """
    if environment.get("GITHUB_ACTIONS"):
        for line in annotations_of(report):
            console.print(Text(line), soft_wrap=True)
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("ab") as file:
            file.write(markdown(report).encode("utf-8", "replace"))


def annotations_of(report: Report) -> list[str]:
    """The lines that make GitHub mark a run: one for each requirement, new ones first, and one for what is accepted."""
    every = sorted(violations(report), key=lambda each: not each.new)
    found = [group[0] for group in by_requirement(each for each in every if not each.accepted)]
    accepted = [group[0] for group in by_requirement(each for each in every if each.accepted)]
    kinds = {
        "error": [each for each in found if each.counts],
        "warning": [each for each in found if not each.counts],
        "notice": accepted,
    }
    return [f"::{command} {_annotation(each)}" for command, chosen in kinds.items() for each in chosen[:_MOST]]


def _annotation(violation: Violation) -> str:
    new = "new: " if violation.new else ""
    state = f"deviates until {violation.finding['deviation']['expires']}" if violation.accepted else "is violated"
    title = f"{new}{violation.requirement['level']} {violation.requirement['id']} {state}"
    return f"title={_property(title)}::{_message(violation.finding['message'])}"


def _message(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
