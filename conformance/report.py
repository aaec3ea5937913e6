"""The verdict in words: a table for the terminal, and the same as JSON.

Everything goes through the redactor. What the verdict is was decided before.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance import spec
from conformance.exchange import CredentialKind, Exchange, Request
from conformance.ledger import Requirement
from conformance.options import TOKEN_VARIABLE, Settings
from conformance.redaction import Redactor, hide_signed_links
from conformance.verdict import ExitCode, Finding, Judgement, Outcome

_COLOURS: Final = {
    Outcome.HOLDS: "green",
    Outcome.VIOLATED: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.UNEXERCISED: "dim",
}
_COLLECTION: Final = spec.collection_path().strip("/")
_LONGEST_BODY: Final = 2000
_LONGEST_EXCERPT: Final = 300


@frozen
class Facts:
    """What a report says beside the verdict.

    Attributes:
        settings: What the run was told.
        target: The URL that was judged, and what it was.
        sources: Exchanges by who sent them.
        seconds: How long the run took.
        notes: Sentences on what was not done, and why.
    """

    settings: Settings
    target: str
    sources: Mapping[str, int]
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def exchanges(self) -> int:
        """How many exchanges there were in all."""
        return sum(self.sources.values())


def curl(request: Request, url: str, redact: Redactor) -> str:
    """A line for a shell that sends a request again; the token is taken from the environment."""
    parts = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    if request.method == "HEAD":
        parts.append("-I")
    elif request.method != "GET":
        parts += ["-X", request.method]
    quoted = [shlex.quote(part) for part in parts]
    headers = list(request.headers)
    if not request.header("accept"):
        headers.append(("Accept", spec.VENDOR_MEDIA_TYPE))
    if request.credential.kind is CredentialKind.GOOD:
        quoted.append(f'-H "Authorization: Bearer ${TOKEN_VARIABLE}"')
    elif request.credential.value is not None:
        quoted.append(f'-H "Authorization: {_describe(request)}"')
    quoted += [f"-H {shlex.quote(f'{name}: {redact(value)}')}" for name, value in headers]
    if request.body is not None:
        quoted.append(f"--json {shlex.quote(redact(request.body.decode()))}")
    quoted.append(shlex.quote(redact(url + request.target)))
    return " ".join(quoted)


def _describe(request: Request) -> str:
    """A credential that is made from the token is shown by what was done to it."""
    return f"<{request.credential.kind.value} credential>"


def print_verdict(console: Console, judgement: Judgement, facts: Facts, redact: Redactor) -> None:
    """Print the table by section of the page, the violations, and one sentence."""
    checked = [judgement.requirements[name] for name in judgement.tallies if not judgement.requirements[name].unchecked]
    for section, group in groupby(checked, key=lambda requirement: requirement.section):
        console.print(_section_table(section, list(group), judgement))
    for requirement in judgement.with_outcome(Outcome.VIOLATED):
        _print_violation(console, requirement, judgement.tallies[requirement.id].findings[0], facts, redact)
    _print_notes(console, judgement, facts)
    console.print(Text(redact(sentence(judgement, facts)), style="bold"), soft_wrap=True)


def _section_table(section: str, requirements: list[Requirement], judgement: Judgement) -> Table:
    table = Table(box=None, title=section, title_justify="left", title_style="bold", padding=(0, 1), expand=False)
    table.add_column("requirement", min_width=30)
    table.add_column("level", min_width=6)
    table.add_column("verdict", min_width=12)
    table.add_column("exchanges", justify="right")
    for requirement in requirements:
        tally = judgement.tallies[requirement.id]
        table.add_row(
            requirement.id,
            requirement.level.value,
            Text(tally.outcome.value, style=_COLOURS[tally.outcome]),
            f"{tally.broken} of {tally.held + tally.broken}" if tally.broken else str(tally.held),
        )
    return table


def _print_violation(
    console: Console, requirement: Requirement, finding: Finding, facts: Facts, redact: Redactor
) -> None:
    exchange = finding.exchange
    status = f"{exchange.status} " if exchange.status else ""
    lines = [
        Text(f"\n{requirement.level.value} {requirement.id} is violated", style="bold red"),
        Text(f"  promised  {requirement.statement} ({requirement.section})"),
        Text(f"  came      {hide_signed_links(finding.message, _COLLECTION)}"),
        Text(f"  answer    {status}{exchange.failure or ''}{_excerpt(exchange)}"),
        Text(f"  again     {curl(exchange.request, facts.target, redact)}"),
    ]
    for line in lines:
        line.plain = redact(_printable(line.plain))
        console.print(line, soft_wrap=True)


def _printable(text: str) -> str:
    """Without control characters: a server's words must not move the cursor of the reader's terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def _body(exchange: Exchange) -> str:
    return hide_signed_links(exchange.text, _COLLECTION)


def _excerpt(exchange: Exchange) -> str:
    text = " ".join(_body(exchange).split())
    return text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]}…"


def _print_notes(console: Console, judgement: Judgement, facts: Facts) -> None:
    console.print()
    for requirement in judgement.with_outcome(Outcome.INCONCLUSIVE):
        console.print(
            Text(f"{requirement.id} is inconclusive: {judgement.tallies[requirement.id].doubt}"), soft_wrap=True
        )
    for reason, unseen in _unexercised(judgement):
        console.print(Text(f"Not seen, because {reason}: {', '.join(unseen)}."), soft_wrap=True)
    for note in facts.notes:
        console.print(Text(note), soft_wrap=True)
    unchecked = [judgement.requirements[name] for name in judgement.tallies if judgement.requirements[name].unchecked]
    if unchecked:
        console.print(
            Text(f"Not judged, because nobody outside can: {', '.join(r.id for r in unchecked)}."), soft_wrap=True
        )


def _unexercised(judgement: Judgement) -> Iterator[tuple[str, list[str]]]:
    def why(requirement: Requirement) -> str:
        return judgement.tallies[requirement.id].why_unexercised

    for reason, group in groupby(sorted(judgement.with_outcome(Outcome.UNEXERCISED), key=why), key=why):
        yield reason, [requirement.id for requirement in group]


def sentence(judgement: Judgement, facts: Facts) -> str:
    """The verdict in one sentence."""
    code = judgement.exit_code
    held = len(judgement.with_outcome(Outcome.HOLDS))
    violated = judgement.with_outcome(Outcome.VIOLATED)
    checked = sum(not judgement.requirements[name].unchecked for name in judgement.tallies)
    verdict = {
        ExitCode.CONFORMS: "Conforms",
        ExitCode.DOES_NOT_CONFORM: "Does not conform",
        ExitCode.NOTHING_JUDGED: "No verdict, there was too little to judge",
    }[code]
    by_level = [f"{sum(r.level.value == level for r in violated)} {level}" for level in ("MUST", "SHOULD")]
    unexercised = len(judgement.with_outcome(Outcome.UNEXERCISED))
    inconclusive = len(judgement.with_outcome(Outcome.INCONCLUSIVE))
    sources = ", ".join(f"{count} {source}" for source, count in sorted(facts.sources.items()))
    return (
        f"{verdict}: of {checked} requirements {held} hold, {len(violated)} violated ({', '.join(by_level)}), "
        f"{inconclusive} inconclusive, {unexercised} unexercised; "
        f"{facts.exchanges} exchanges ({sources}) in {facts.seconds:.1f} s, seed {facts.settings.seed}."
    )


def as_json(judgement: Judgement, facts: Facts, redact: Redactor) -> dict[str, Any]:
    """The verdict as plain data, redacted."""
    return {
        "target": redact(facts.target),
        "profile": facts.settings.profile,
        "seed": facts.settings.seed,
        "exit_code": int(judgement.exit_code),
        "verdict": redact(sentence(judgement, facts)),
        "exchanges": dict(facts.sources),
        "seconds": round(facts.seconds, 3),
        "notes": [redact(note) for note in facts.notes],
        "requirements": [_requirement(requirement, judgement, facts, redact) for requirement in _asked_for(judgement)],
    }


def _asked_for(judgement: Judgement) -> list[Requirement]:
    return [judgement.requirements[name] for name in judgement.tallies]


def _requirement(requirement: Requirement, judgement: Judgement, facts: Facts, redact: Redactor) -> dict[str, Any]:
    tally = judgement.tallies[requirement.id]
    return {
        "id": requirement.id,
        "level": requirement.level.value,
        "section": requirement.section,
        "statement": requirement.statement,
        "source": requirement.source,
        "unchecked": requirement.unchecked,
        "outcome": tally.outcome.value,
        "held": tally.held,
        "broken": tally.broken,
        "doubt": redact(tally.doubt),
        "lacking": tally.lacking,
        "findings": [_finding(finding, facts, redact) for finding in tally.findings],
    }


def _finding(finding: Finding, facts: Facts, redact: Redactor) -> dict[str, Any]:
    exchange = finding.exchange
    return {
        "message": redact(hide_signed_links(finding.message, _COLLECTION)),
        "source": exchange.source,
        "curl": curl(exchange.request, facts.target, redact),
        "request": {
            "method": exchange.request.method,
            "target": redact(exchange.request.target),
            "headers": [[name, redact(value)] for name, value in exchange.request.headers],
            "credential": exchange.request.credential.kind.value,
        },
        "response": {
            "status": exchange.status,
            "failure": exchange.failure.value if exchange.failure else None,
            "headers": [[name, redact(hide_signed_links(value, _COLLECTION))] for name, value in exchange.headers],
            "body": redact(_body(exchange))[:_LONGEST_BODY],
            "seconds": round(exchange.elapsed, 3),
        },
    }


def write_json(folder: Path, judgement: Judgement, facts: Facts, redact: Redactor) -> Path:
    """Write `report.json` into a folder, at once or not at all.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(judgement, facts, redact), indent=2, ensure_ascii=False)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as file:
        file.write(text.encode("utf-8", "replace").decode() + "\n")
    path = folder / "report.json"
    os.replace(file.name, path)  # noqa: PTH105  atomic, and the name of a temporary file is text
    return path
