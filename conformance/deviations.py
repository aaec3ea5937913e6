"""Deviations: known violations that a team has agreed to live with, each with a reason, an owner and a last day.

Reads the team's file and says which finding an entry covers. What that makes of the verdict is decided there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs
import yaml
from attrs import asdict, frozen

from conformance import ledger
from conformance.fingerprint import fingerprint
from conformance.wording import nearest

if TYPE_CHECKING:
    from conformance.verdict import Finding

_TOO_WIDE: Final = frozenset({"status", "method"})
"""What nearly every fault of a requirement has in common: a condition of these alone would hide the next one."""
_MUST_BE: Final = {  # by member of an entry
    "": "a mapping with requirement, reason, owner, expires, and a fingerprint or a condition",
    "fingerprint": "the twelve hexadecimal digits of the report",
    "condition": "a mapping that is not empty",
    "condition/message": "a regular expression that is not empty",
    "condition/parameters": "a list of names",
    "condition/headers": "a list of names",
    "condition/path": "a path of the spec, or `other`",
    "condition/status": "a number, or how the answer failed to come",
    "reason": "a text that is not empty",
    "owner": "a text that is not empty",
    "message": "a text that is not empty",
    "expires": "a day, as 2027-01-31",
    "link": "a URL that begins with http:// or https://",
}


class DeviationError(ValueError):
    """The file of deviations cannot be used; the message says what to do."""


@frozen
class Deviation:
    """A known violation.

    Attributes:
        requirement: The id of the requirement.
        reason: Why the team lives with it.
        owner: Who has promised to mend it.
        expires: The last day on which it is accepted.
        fingerprint: The fingerprint of the finding; None where there is a condition.
        condition: What the finding's check, message and cause must be; None where there is a fingerprint.
        link: Where the work on it is.
        message: What came when the entry was written, as the report had it; None where nobody noted it.
    """

    requirement: str
    reason: str
    owner: str
    expires: date
    fingerprint: str | None = None
    condition: Mapping[str, Any] | None = None
    link: str | None = None
    message: str | None = None

    def covers(self, requirement: str, finding: Finding) -> bool:
        """Whether it speaks of a finding of a requirement, in force or expired."""
        if requirement != self.requirement:
            return False
        if self.condition is None:
            return self.fingerprint == fingerprint(requirement, finding.check, finding.cause)
        return all(_holds(name, wanted, finding) for name, wanted in self.condition.items())

    @property
    def name(self) -> str:
        """What tells it from the others of a file."""
        members = (f"{name} {_shown(value)}" for name, value in (self.condition or {}).items())
        return f"{self.requirement} [{self.fingerprint or ', '.join(members)}]"

    def unlike(self, finding: Finding) -> str:
        """What came of a fault otherwise than when the entry was written; empty where nothing is known to have."""
        messages = (finding.message, *(symptom.message for symptom in finding.symptoms))
        return next((each for each in messages if self.message not in (None, each)), "")

    def in_force(self, today: date) -> bool:
        """Whether it is accepted on a day."""
        return today <= self.expires


def _shown(value: Any) -> str:
    return f"({', '.join(value)})" if isinstance(value, list) else str(value)


def _holds(name: str, wanted: Any, finding: Finding) -> bool:
    if name == "message":
        # One fault may stand for several answers: an entry that names one of them does not hide another.
        messages = [finding.message, *(symptom.message for symptom in finding.symptoms)]
        return all(re.search(wanted, message) for message in messages)
    if name == "check":
        return bool(finding.check == wanted)
    value = asdict(finding.cause)[name]
    if name in ("parameters", "headers"):
        return finding.reduced and sorted(value) == sorted(wanted)
    return bool(value == wanted)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("deviations.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(_schema(), validate_formats=True)


def load(path: Path) -> tuple[Deviation, ...]:
    """The deviations in a file.

    Raises:
        DeviationError: It cannot be read, is not as its schema says, or names a requirement that is none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DeviationError(f"The deviations {path} cannot be read: {reason}.") from None
    try:
        read = _plain(yaml.safe_load(text))
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise DeviationError(f"The deviations {path} are not YAML: see line {line}.") from None
    except ValueError as error:
        raise DeviationError(f"The deviations {path} have a date that is none: {error}.") from None
    wrong = next(iter(_validator().iter_errors(read)), None)
    if wrong is not None:
        raise DeviationError(f"{path}: {_sentence(wrong, read)}")
    deviations = tuple(
        Deviation(**{**entry, "expires": date.fromisoformat(entry["expires"])}) for entry in read["deviations"]
    )
    for problem in _problems(deviations):
        raise DeviationError(f"{path}: {problem}")
    return deviations


def _plain(value: Any) -> Any:
    """What YAML reads, with dates as text."""
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value.isoformat() if isinstance(value, date) else value


def _sentence(error: jsonschema_rs.ValidationError, read: Any) -> str:
    place = list(error.instance_path)
    if len(place) < 2 or not isinstance(place[1], int):
        return "it must hold a list named deviations, and nothing else."
    entry = read["deviations"][place[1]]
    named = entry.get("requirement") if isinstance(entry, dict) else None
    where = f"deviation {place[1] + 1}" + (f" ({named})" if isinstance(named, str) else "")
    member = "/".join(str(step) for step in place[2:])
    said = error.schema_path[-1] if error.schema_path else ""
    if said == "oneOf":
        return f"{where} needs either a fingerprint or a condition."
    if said == "required":
        lacking = [name for name in _definition("deviation")["required"] if name not in entry]
        return f"{where} lacks {' and '.join(lacking)}."
    if said == "additionalProperties":
        return f"{where} has {_unknown(entry, member)}"
    least = member.split("/")[:2]
    return f"{where}{f', {member},' if member else ''} must be {_MUST_BE.get('/'.join(least), 'a text')}."


def _unknown(entry: Mapping[str, Any], member: str) -> str:
    """The end of a sentence on a member that nobody knows."""
    part, of = (entry["condition"], "condition") if member == "condition" else (entry, "deviation")
    known = _definition(of)["properties"]
    name = next(each for each in part if each not in known)
    return f"{name!r}, which no {of} has{nearest(name, known)}"


def _definition(name: str) -> Mapping[str, Any]:
    definition: Mapping[str, Any] = _schema()["$defs"][name]
    return definition


def _problems(deviations: tuple[Deviation, ...]) -> Iterator[str]:
    every = ledger.requirements()
    seen: set[tuple[str, str]] = set()
    for number, deviation in enumerate(deviations, 1):
        name = deviation.requirement
        if name not in every:
            yield f"deviation {number} names the requirement {name!r}, which is none{nearest(name, every)}"
        elif every[name].unchecked:
            yield f"deviation {number} names {name}, which cannot be violated: nobody outside can check it."
        if deviation.condition is not None and set(deviation.condition) <= _TOO_WIDE:
            alone = " and ".join(sorted(deviation.condition))
            yield (
                f"deviation {number} ({name}) accepts every fault of its requirement with that {alone}: "
                "give the fingerprint, or parameters, headers, check or message too."
            )
        key = (name, deviation.fingerprint or json.dumps(deviation.condition, sort_keys=True))
        if key in seen:
            yield f"deviation {number} ({name}) is there twice: keep one of them."
        seen.add(key)
