"""What stands behind a requirement, in words: its promise, its ground, what is checked, what is sent, how it is broken.

All of it is read where it is written: the ledger, the register of checks, the markers of the probes, the mock's faults.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import textwrap
from collections.abc import Iterator
from typing import Final

import pytest

from conformance import ledger
from conformance.checks import CHECKS
from conformance.invocation import suite
from conformance.ledger import Level, Requirement
from conformance.mock import FAULTS, SCRATCH_IMODEL, Fault
from conformance.options import OTHER_VARIABLE, TOKEN_VARIABLE
from conformance.wording import nearest

_WIDTH: Final = 120
_LABEL: Final = 13
_PORT: Final = 8123
_MOST_FAULTS: Final = 5


class UnknownRequirementError(LookupError):
    """The ledger has no such requirement; the message names those that come near."""


def explain(requirement_id: str) -> str:
    """A requirement in words, for a terminal.

    Args:
        requirement_id: Its id.

    Raises:
        UnknownRequirementError: The ledger has no such requirement.
    """
    every = ledger.requirements()
    if requirement_id not in every:
        raise UnknownRequirementError(f"There is no requirement {requirement_id!r}{nearest(requirement_id, every)}")
    requirement = every[requirement_id]
    parts = [_promise(requirement)]
    if requirement.unchecked:
        parts.append(_paragraph("not judged", requirement.unchecked))
    else:
        parts += [_checks(requirement), _probes(requirement), _faults(requirement)]
    return "\n".join(part for part in parts if part)


def _promise(requirement: Requirement) -> str:
    ground = "the documentation page" if requirement.level is Level.MUST else f"inferred from {requirement.source}"
    return "\n".join(
        [
            f"{requirement.level.value} {requirement.id}",
            _paragraph("promised", requirement.statement),
            _paragraph("section", requirement.section),
            _paragraph("source", ground),
            _paragraph("in the spec", "\n".join(requirement.carried_by)),
        ]
    )


def _checks(requirement: Requirement) -> str:
    """The checks that judge every exchange, whoever sent it."""
    found = [each for each in CHECKS.values() if requirement.id in each.requirements]
    lines = [f"{each.name}: {_first_sentence(each.function.__doc__)}" for each in found]
    by_comparison = "by comparison: no exchange breaks it alone, so a probe compares several."
    return _paragraph("checked", "\n".join(lines) or by_comparison)


def _probes(requirement: Requirement) -> str:
    """The probes that put it to the test, by module."""
    items = _collected(requirement.id)
    functions = dict.fromkeys(function for item in items if (function := getattr(item, "function", None)) is not None)
    lines = [f"{_theme(function)}: {_says(function)}" for function in functions]
    return _paragraph("sent", "\n".join(lines))


def _collected(requirement_id: str) -> list[pytest.Item]:
    class Collector:
        items: list[pytest.Item] = []  # noqa: RUF012  one list for one call

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            self.items = list(session.items)

    collector = Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        suite(["--collect-only", "--requirement", requirement_id], plugins=[collector])
    return collector.items


def _theme(function: object) -> str:
    module = inspect.getmodule(function)
    return (module.__name__ if module else "").rpartition(".")[2]


def _says(function: object) -> str:
    """What a probe does: its docstring, or its name, which is a sentence."""
    name: str = getattr(function, "__name__", "")
    return _first_sentence(getattr(function, "__doc__", None)) or name.removeprefix("test_").replace("_", " ")


def _faults(requirement: Requirement) -> str:
    """What a violation looks like: ways in which the mock can be told to break it."""
    faults = [fault for fault in FAULTS.values() if fault.requirements[0] == requirement.id]
    lines = [f"{fault.name}: {fault.description}" for fault in faults[:_MOST_FAULTS]]
    if not lines:
        return ""
    if len(faults) > _MOST_FAULTS:
        lines.append(f"and {len(faults) - _MOST_FAULTS} more: python -m conformance.mock --list")
    see = "\n".join(_to_see(requirement, faults[0]))
    return "\n".join([_paragraph("violated, as", "\n".join(lines)), _paragraph("to see it", see, wrap=False)])


def _to_see(requirement: Requirement, fault: Fault) -> Iterator[str]:
    """The lines for a shell that show it broken, with all that it takes to be seen."""
    mock = f"python -m conformance.mock --port {_PORT} --fault {fault.name}"
    suite = f"mesh-export-conformance --url http://127.0.0.1:{_PORT} --requirement {requirement.id}"
    variables = f"{TOKEN_VARIABLE}=mock-token"
    if requirement.needs == "other-user":
        mock += " --other-token other-token"
        variables += f" {OTHER_VARIABLE}=other-token"
    if requirement.needs == "rate-limit":
        suite += " --probe-rate-limit"
    if fault.needs.get("operations") == "all":
        suite += f" --allow-writes --scratch-imodel {SCRATCH_IMODEL}"
    yield mock
    yield f"{variables} {suite}"


def _first_sentence(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def _paragraph(label: str, text: str, *, wrap: bool = True) -> str:
    return "\n".join(_lines(label, text, wrap=wrap))


def _lines(label: str, text: str, *, wrap: bool) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        begin = f"  {label if number == 0 else '':{_LABEL}}"
        if wrap:
            yield textwrap.fill(line, _WIDTH, initial_indent=begin, subsequent_indent=" " * (len(begin) + 2))
        else:
            yield begin + line
