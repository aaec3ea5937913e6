"""What a report says that the one before it did not: new, fixed, still there, and what comes and goes.

Compares faults by their fingerprints. Which run came before is the caller's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from attrs import asdict, frozen

from conformance.history import Record, record

_FLAKY: Final = 3
"""How often a fault must come or go within what is looked back at to be called flaky: once more than a relapse does."""
_LOOKED_BACK: Final = 30
_NO_VERDICT: Final = ("inconclusive", "unexercised")

Report = Mapping[str, Any]


@frozen
class Change:
    """A fault that one of two reports has, or both.

    Attributes:
        requirement: The id of the requirement that it breaks.
        level: The requirement's level.
        statement: What the requirement promises.
        fingerprint: The fault's fingerprint.
        message: What came instead.
        curl: A line for a shell that shows it.
        note: What past runs or a deviation say of it; empty where there is nothing to say.
    """

    requirement: str
    level: str
    statement: str
    fingerprint: str
    message: str
    curl: str
    note: str = ""


@frozen
class Verdict:
    """A requirement whose outcome changed."""

    requirement: str
    before: str
    now: str


@frozen
class Comparison:
    """What changed from one report to the next.

    Attributes:
        new: Faults that were not there before, a relapse among them.
        flaky: Faults that came or went, and have done so before.
        fixed: Faults that are gone.
        still: Faults that both reports have.
        unknown: Faults of which the new report cannot say whether they are gone.
        accepted: Faults that a deviation in force covers now.
        verdicts: Requirements whose outcome changed.
        added: Requirements that the new report alone has.
        removed: Requirements that the old report alone has.
        notes: What else differs, and makes a comparison less telling.
    """

    new: tuple[Change, ...]
    flaky: tuple[Change, ...]
    fixed: tuple[Change, ...]
    still: tuple[Change, ...]
    unknown: tuple[Change, ...]
    accepted: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The whole in one sentence."""
        counts = [f"{len(changes)} {name}" for name, changes in self.groups() if changes or name in ("new", "fixed")]
        more = [f"verdicts changed: {len(self.verdicts)}"] if self.verdicts else []
        if self.added or self.removed:
            more.append(f"requirements: {len(self.added)} more, {len(self.removed)} fewer")
        return f"{'Something is new' if self.new else 'Nothing is new'}: {', '.join([*counts, *more])}."

    def groups(self) -> Iterator[tuple[str, tuple[Change, ...]]]:
        """The faults by what became of them, the most urgent first."""
        for name in ("new", "flaky", "fixed", "still", "unknown", "accepted"):
            yield name, getattr(self, name)


def compare(old: Report | None, new: Report, past: Sequence[Record] = ()) -> Comparison:
    """What changed from one report to the next.

    Args:
        old: The report before; None where there is none, and all is new.
        new: The report.
        past: Past runs, the oldest first; the two themselves may be among them.
    """
    before, now = _entries(old), _entries(new)
    runs = _timeline(old, new, past)
    groups: dict[str, list[Change]] = {name: [] for name in ("new", "flaky", "fixed", "still", "unknown", "accepted")}
    for name in [*now, *(name for name in before if name not in now)]:
        for group, change in _changes(before.get(name), now.get(name), runs):
            groups[group].append(change)
    return Comparison(
        **{name: tuple(changes) for name, changes in groups.items()},
        verdicts=tuple(
            Verdict(name, before[name]["outcome"], entry["outcome"])
            for name, entry in now.items()
            if name in before and before[name]["outcome"] != entry["outcome"]
        ),
        added=tuple(name for name in now if name not in before) if old else (),
        removed=tuple(name for name in before if name not in now),
        notes=tuple(_notes(old, new)),
    )


def _entries(report: Report | None) -> dict[str, Mapping[str, Any]]:
    entries = report["requirements"] if report else []
    return {entry["id"]: entry for entry in entries if not entry["unchecked"]}


def _timeline(old: Report | None, new: Report, past: Sequence[Record]) -> list[Record]:
    """The runs up to the new one, each once, the oldest first."""
    ends = [record(report) for report in (old, new) if report]
    earlier = [each for each in past if each.started < new["started"] and each.target == new["target"]]
    runs = {each.started: each for each in (*earlier, *ends)}
    return sorted(runs.values(), key=lambda each: each.started)[-_LOOKED_BACK:]


def _changes(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, runs: Sequence[Record]
) -> Iterator[tuple[str, Change]]:
    """What became of the faults of one requirement."""
    was = {finding["fingerprint"]: finding for finding in (before["findings"] if before else ())}
    found = {finding["fingerprint"]: finding for finding in (now["findings"] if now else ())}
    for fingerprint, finding in found.items():
        seen = _seen(now or {}, fingerprint, runs)
        former = was.get(fingerprint)
        if _in_force(finding):
            yield "accepted", _change(now or {}, finding, _accepted(finding))
        elif former and _in_force(former):
            yield "new", _change(now or {}, finding, "its deviation has ended")
        elif former:
            yield "still", _change(now or {}, finding, f"since {_since(seen)}")
        elif _turns(seen) >= _FLAKY:
            yield "flaky", _change(now or {}, finding, _often(seen))
        else:
            again = any(there for _, there in seen[:-1])
            yield "new", _change(now or {}, finding, "it was there before, and gone" if again else "")
    for fingerprint, finding in was.items():
        if fingerprint in found:
            continue
        seen = _seen(before or {}, fingerprint, runs)
        if now is None or now["outcome"] in _NO_VERDICT:
            reason = "the requirement was not asked for" if now is None else f"the requirement is {now['outcome']}"
            yield "unknown", _change(before or {}, finding, reason)
        elif _turns(seen) >= _FLAKY:
            yield "flaky", _change(before or {}, finding, f"gone this time; {_often(seen)}")
        else:
            yield "fixed", _change(before or {}, finding, "")


def _seen(entry: Mapping[str, Any], fingerprint: str, runs: Sequence[Record]) -> list[tuple[str, bool]]:
    """When a fault was looked for, and whether it was there."""
    return [(run.started, run.has(entry["id"], fingerprint)) for run in runs if run.judged(entry["id"])]


def _turns(seen: Sequence[tuple[str, bool]]) -> int:
    """How often a fault came or went."""
    there = [each for _, each in seen]
    return sum(one != other for one, other in pairwise(there))


def _since(seen: Sequence[tuple[str, bool]]) -> str:
    """The day from which a fault was there every time."""
    first = seen[-1][0] if seen else ""
    for started, there in reversed(seen):
        if not there:
            break
        first = started
    return first[:10]


def _often(seen: Sequence[tuple[str, bool]]) -> str:
    return f"there in {sum(there for _, there in seen)} of the last {len(seen)} runs"


def _in_force(finding: Mapping[str, Any]) -> bool:
    deviation = finding["deviation"]
    return bool(deviation is not None and deviation["state"] == "in force")


def _accepted(finding: Mapping[str, Any]) -> str:
    deviation = finding["deviation"]
    return f"accepted until {deviation['expires']} ({deviation['owner']}): {deviation['reason']}"


def _change(entry: Mapping[str, Any], finding: Mapping[str, Any], note: str) -> Change:
    return Change(
        requirement=entry["id"],
        level=entry["level"],
        statement=entry["statement"],
        fingerprint=finding["fingerprint"],
        message=finding["message"],
        curl=finding["curl"],
        note=note,
    )


def _notes(old: Report | None, new: Report) -> Iterator[str]:
    if old is None:
        yield "There is no report before this one: all that was found is new."
        return
    for name in ("target", "profile"):
        if old[name] != new[name]:
            yield f"The {name} is another: {old[name]}, now {new[name]}."
    for name, version in new["versions"].items():
        if old["versions"].get(name) != version:
            yield f"The {name} is another: {old['versions'].get(name)}, now {version}."
    for name, report in (("old", old), ("new", new)):
        if report["partial"]:
            yield f"The {name} report is partial: its run did not come to its end."


def as_text(comparison: Comparison) -> str:
    """The comparison for a terminal."""
    lines = [comparison.sentence]
    for name, changes in comparison.groups():
        for change in changes:
            note = f" ({change.note})" if change.note else ""
            lines.append(
                f"{name:8} {change.level:6} {change.requirement} [{change.fingerprint}]: {change.message}{note}"
            )
            if name in ("new", "flaky"):
                lines.append(f"{'':15} {change.curl}")
    lines += [f"verdict  {each.requirement}: {each.before}, now {each.now}" for each in comparison.verdicts]
    lines += [f"more     {name} is judged now" for name in comparison.added]
    lines += [f"fewer    {name} is judged no longer" for name in comparison.removed]
    return "\n".join([*lines, *comparison.notes])


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON, for programs."""
    return json.dumps({"sentence": comparison.sentence, **asdict(comparison)}, indent=2, ensure_ascii=False)


def as_markdown(comparison: Comparison) -> str:
    """The comparison for a step summary or an issue."""
    lines = [f"**{comparison.sentence}**"]
    for name, changes in comparison.groups():
        if changes:
            lines += ["", f"### {name.capitalize()}", ""]
        for change in changes:
            note = f" ({change.note})" if change.note else ""
            lines.append(f"- **{change.level} `{change.requirement}`** {_inline(change.message)}{note}")
            if name in ("new", "flaky"):
                lines += [
                    f"  Promised: {change.statement}",
                    "",
                    *(f"  {line}" for line in _fenced(change.curl)),
                    f"  Fingerprint `{change.fingerprint}`; `mesh-export-conformance explain {change.requirement}`",
                ]
    if comparison.verdicts:
        lines += ["", "### Verdicts that changed", "", "| Requirement | Before | Now |", "|---|---|---|"]
        lines += [f"| `{each.requirement}` | {each.before} | {each.now} |" for each in comparison.verdicts]
    for title, names in (("Judged now", comparison.added), ("Judged no longer", comparison.removed)):
        if names:
            lines += ["", f"{title}: {', '.join(f'`{name}`' for name in names)}."]
    return "\n".join([*lines, *(["", *comparison.notes] if comparison.notes else [])]) + "\n"


def _inline(text: str) -> str:
    """A server's words as they are: they must not be read as Markdown, HTML or a mention of somebody."""
    fence = _fence(text, 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"


def _fenced(line: str) -> tuple[str, str, str]:
    fence = _fence(line, 3)
    return f"{fence}sh", line, fence


def _fence(text: str, least: int) -> str:
    """More backticks in a row than a text has."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))
