"""What a report says that the one before it did not: new, fixed, still there, and what comes and goes.

Compares faults by their fingerprints. Which run came before is the caller's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from attrs import asdict, frozen

from conformance import ledger
from conformance.history import Record, record
from conformance.recurrence import LOOKED_BACK, Fate, Sighting, comes_and_goes, fate, sightings
from conformance.report.shown import printable

_NARROW: Final = "quick"
"""The profile that does not look for all that the other does."""
_NO_VERDICT: Final = ("inconclusive", "unexercised")
_GROUPS: Final = ("new", "flaky", "fixed", "still", "unknown", "accepted")

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
        accepted: Whether a deviation covered it the last time that it was there.
    """

    requirement: str
    level: str
    statement: str
    fingerprint: str
    message: str
    curl: str
    note: str = ""
    accepted: bool = False


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
        left: Requirements that are violated, or were and are not known to be mended.
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
    left: tuple[str, ...]
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
        for name in _GROUPS:
            yield name, getattr(self, name)


def compare(old: Report | None, new: Report, past: Sequence[Record] = ()) -> Comparison:
    """What changed from one report to the next.

    Where the old report cannot say whether a fault was there, the last run before it that can is asked.

    Args:
        old: The report before; None where the past runs are all there is, and without them all is new.
        new: The report.
        past: Past runs, the oldest first; the two themselves may be among them.
    """
    both = _Both(old, new, _before(old, new, past))
    groups: dict[str, list[Change]] = {name: [] for name in _GROUPS}
    for name in dict.fromkeys((*both.now, *both.entries, *(name for run in both.before for name in run.findings))):
        for group, change in both.changes(name):
            groups[group].append(change)
    was, now = both.outcomes, {name: entry["outcome"] for name, entry in both.now.items()}
    return Comparison(
        **{name: tuple(changes) for name, changes in groups.items()},
        verdicts=tuple(
            Verdict(name, was[name], outcome)
            for name, outcome in now.items()
            if was.get(name, outcome) != outcome and not (new["partial"] and outcome == "holds")
        ),
        added=tuple(name for name in now if name not in was) if was else (),
        removed=tuple(name for name in was if name not in now),
        left=_left(now, groups["unknown"]),
        notes=tuple(_notes(old, new, both.before)),
    )


def _left(now: Mapping[str, str], unknown: Sequence[Change]) -> tuple[str, ...]:
    violated = [name for name, outcome in now.items() if outcome == "violated"]
    return tuple(dict.fromkeys((*violated, *(change.requirement for change in unknown if not change.accepted))))


def _entries(report: Report | None) -> dict[str, Mapping[str, Any]]:
    entries = report["requirements"] if report else []
    return {entry["id"]: entry for entry in entries if not entry["unchecked"]}


def _before(old: Report | None, new: Report, past: Sequence[Record]) -> list[Record]:
    """The runs before the new one that looked for as much, each once, the oldest first."""
    runs = {each.started: each for each in past if each.started < new["started"]}
    if old:
        runs[old["started"]] = record(old)
    comparable = [each for each in runs.values() if each.comparable(new["target"], new["profile"])]
    return sorted(comparable, key=lambda each: each.started)[-LOOKED_BACK:]


@frozen
class _Both:
    """Two reports, and the runs before the new one."""

    old: Report | None
    new: Report
    before: Sequence[Record]

    @cached_property
    def entries(self) -> dict[str, Mapping[str, Any]]:
        """The requirements of the old report."""
        return _entries(self.old)

    @cached_property
    def now(self) -> dict[str, Mapping[str, Any]]:
        """The requirements of the new report."""
        return _entries(self.new)

    @cached_property
    def outcomes(self) -> Mapping[str, str]:
        """What the requirements came to before."""
        if self.old:
            return {name: entry["outcome"] for name, entry in self.entries.items()}
        return self.before[-1].outcomes if self.before else {}

    def changes(self, name: str) -> Iterator[tuple[str, Change]]:
        """What became of the faults of one requirement."""
        if not self._promise(name):
            return
        entry, now = self.entries.get(name), self.now.get(name)
        was = {finding["fingerprint"]: finding for finding in (entry["findings"] if entry else ())}
        found = {finding["fingerprint"]: finding for finding in (now["findings"] if now else ())}
        for fingerprint, finding in found.items():
            yield self._found(now or {}, finding, was.get(fingerprint))
        known = dict.fromkeys((*was, *(each for run in self.before for each in run.findings.get(name, ()))))
        for fingerprint in known:
            former = was.get(fingerprint) or self._remembered(name, fingerprint)
            if fingerprint not in found and former:
                yield self._gone(name, former)

    def _seen(self, name: str, fingerprint: str) -> list[Sighting]:
        """What the runs up to the old one say of a fault, or those up to the new one where there is no old one."""
        seen = sightings(self.before, name, fingerprint)
        return [each for each in seen if not self.old or each.started <= self.old["started"]]

    def _remembered(self, name: str, fingerprint: str) -> Mapping[str, Any] | None:
        """A fault that the old report cannot speak of, and that was there the last time that a run could."""
        seen = self._seen(name, fingerprint)
        if not seen or not seen[-1].there:
            return None
        return {
            "fingerprint": fingerprint,
            "message": f"it was there on {seen[-1].started[:10]}",
            "curl": "",
            "deviation": None,
            "accepted": seen[-1].accepted,
        }

    def _found(
        self, now: Mapping[str, Any], finding: Mapping[str, Any], former: Mapping[str, Any] | None
    ) -> tuple[str, Change]:
        name, fingerprint = now["id"], finding["fingerprint"]
        seen, every = self._seen(name, fingerprint), sightings(self.before, name, fingerprint)
        came = Fate.STILL if former else fate(seen)
        if _in_force(finding):
            return "accepted", _change(now, finding, _accepted(finding))
        if _in_force(former) if former else came is Fate.STILL and seen[-1].accepted:
            return "new", _change(now, finding, "its deviation has ended")
        if came is Fate.STILL:
            return "still", _change(now, finding, f"since {_since(every, self.new['started'])}")
        if came is Fate.FLAKY:
            return "flaky", _change(now, finding, _often(every, there=True))
        again = any(each.there for each in every)
        return "new", _change(now, finding, "it was there before, and gone" if again else "")

    def _gone(self, name: str, former: Mapping[str, Any]) -> tuple[str, Change]:
        entry = self._promise(name)
        every = sightings(self.before, name, former["fingerprint"])
        reason = self._silence(name)
        if reason:
            return "unknown", _change(entry, former, reason)
        if comes_and_goes(every, there=False):
            return "flaky", _change(entry, former, f"gone this time; {_often(every, there=False)}")
        return "fixed", _change(entry, former, "")

    def _promise(self, name: str) -> Mapping[str, Any]:
        """What a requirement says; nothing where it is in neither report, and there is none of that name any more."""
        requirement = ledger.requirements().get(name)
        kept = {"id": name, "level": requirement.level.value, "statement": requirement.statement} if requirement else {}
        return self.now.get(name) or self.entries.get(name) or kept

    def _silence(self, name: str) -> str:
        """Why the new report cannot say that a fault is gone; empty where it can."""
        now = self.now.get(name)
        if now is None:
            return "the requirement was not asked for"
        if now["outcome"] in _NO_VERDICT:
            return f"the requirement is {now['outcome']}"
        if self.new["partial"]:
            return "the run did not come to its end"
        if self.old and self.new["profile"] == _NARROW != self.old["profile"]:
            return f"the profile {self.old['profile']} found it, and {_NARROW} does not look for as much"
        return ""


def _since(seen: Sequence[Sighting], now: str) -> str:
    """The day from which a fault was there every time."""
    first = now
    for each in reversed(seen):
        if not each.there:
            break
        first = each.started
    return first[:10]


def _often(seen: Sequence[Sighting], *, there: bool) -> str:
    return f"there in {sum(each.there for each in seen) + there} of the last {len(seen) + 1} runs"


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
        accepted=bool(finding.get("accepted")) or _in_force(finding),
    )


def _notes(old: Report | None, new: Report, before: Sequence[Record]) -> Iterator[str]:
    if old:
        yield from _order(old, new)
        yield from _other_versions(old["versions"], new)
    elif before:
        yield f"Compared with past runs, the last of which began {before[-1].started}."
        yield from _other_versions(before[-1].versions, new)
    else:
        yield "There is no report before this one: all that was found is new."
    for name, report in (("old", old), ("new", new)):
        if report and report["partial"]:
            yield f"The {name} report is partial: its run did not come to its end."


def _order(old: Report, new: Report) -> Iterator[str]:
    if old["started"] > new["started"]:
        yield "The old report is of a later run than the new one: give the older one first."
    for name in ("target", "profile"):
        if old[name] != new[name]:
            yield f"The {name} is another: {old[name]}, now {new[name]}."


def _other_versions(before: Mapping[str, str], new: Report) -> Iterator[str]:
    for name, version in new["versions"].items():
        # A run of old may have kept none.
        if before and before.get(name) != version:
            yield f"The {name} is another: {before.get(name)}, now {version}."


def _by_change(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, str, list[str]]]:
    """The requirements of each kind of change together."""

    def kind(each: Verdict) -> tuple[str, str]:
        return each.before, each.now

    for (before, now), group in groupby(sorted(verdicts, key=kind), key=kind):
        yield before, now, [each.requirement for each in group]


def as_text(comparison: Comparison) -> str:
    """The comparison for a terminal."""
    lines = [comparison.sentence]
    for name, changes in comparison.groups():
        for change in changes:
            note = f" ({change.note})" if change.note else ""
            lines.append(
                f"{name:8} {change.level:6} {change.requirement} [{change.fingerprint}]: {_line(change.message)}{note}"
            )
            if name in ("new", "flaky"):
                lines.append(f"{'':15} {change.curl}")
    lines += [
        f"verdict  {before}, now {now} ({len(names)}): {', '.join(names)}"
        for before, now, names in _by_change(comparison.verdicts)
    ]
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
        lines += ["", "### Verdicts that changed", ""]
        lines += ["| Before | Now | How many | Requirements |", "|---|---|--:|---|"]
        lines += [
            f"| {before} | {now} | {len(names)} | {', '.join(f'`{name}`' for name in names)} |"
            for before, now, names in _by_change(comparison.verdicts)
        ]
    for title, names in (("Judged now", comparison.added), ("Judged no longer", comparison.removed)):
        if names:
            lines += ["", f"{title}: {', '.join(f'`{name}`' for name in names)}."]
    return "\n".join([*lines, *(["", *comparison.notes] if comparison.notes else [])]) + "\n"


def _inline(text: str) -> str:
    """A server's words as they are: they must not be read as Markdown, HTML or a mention of somebody."""
    fence = _fence(text, 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{_line(text)}{pad}{fence}"


def _line(text: str) -> str:
    """One line: what begins a line in the log of a job may be a command to it, and is never a server's."""
    return printable(" ".join(text.split()))


def _fenced(line: str) -> tuple[str, str, str]:
    fence = _fence(line, 3)
    return f"{fence}sh", line, fence


def _fence(text: str, least: int) -> str:
    """More backticks in a row than a text has."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))
