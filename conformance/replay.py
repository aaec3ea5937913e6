"""Sends the smallest exchange of a finding again and says whether it still fails, from the report alone.

The run does it: credentials, rate, rules of safety, the walk, the checks and the second look are its own. What no
exchange shows by itself is put to the probes of its requirement.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, frozen

from conformance import disguises
from conformance.checks import CHECKS
from conformance.evidence import BY_COMPARISON
from conformance.exchange import GOOD, NO_CREDENTIAL, Credential, CredentialKind, Request
from conformance.invocation import suite
from conformance.redaction import PLACEHOLDER
from conformance.report import InvalidReportError, read
from conformance.verdict import ExitCode
from conformance.wording import nearest

_TOO_MANY: Final = 429


class ReplayError(ValueError):
    """A finding cannot be sent again; the message says what to do."""


class Still(IntEnum):
    """What a replay says to its caller."""

    FIXED = 0
    FAILS = 1
    WRONG_USE = 2
    NO_ANSWER = 3


@frozen
class Found:
    """A finding in a report.

    Attributes:
        requirement: The entry of its requirement.
        finding: The finding.
        report: The whole report.
    """

    requirement: Mapping[str, Any]
    finding: Mapping[str, Any]
    report: Mapping[str, Any]

    @property
    def shows_alone(self) -> bool:
        """Whether one exchange, beside the walk, shows the fault."""
        return (
            self.finding["check"] in CHECKS
            and self.requirement["id"] not in BY_COMPARISON
            and self.finding["response"]["status"] != _TOO_MANY
        )


def find(path: Path, name: str) -> Found:
    """A finding in a report.

    Args:
        path: The report, or its folder.
        name: The finding's fingerprint or the beginning of it, or its requirement, whose first finding it then is.

    Raises:
        ReplayError: There is no such report or finding.
    """
    try:
        report = read(path)
    except InvalidReportError as error:
        raise ReplayError(str(error)) from None
    every = [Found(entry, finding, report) for entry in report["requirements"] for finding in entry["findings"]]
    named = [each for each in every if name == each.requirement["id"]]
    by_fingerprint = [each for each in every if each.finding["fingerprint"].startswith(name)]
    if not named and len({each.finding["fingerprint"] for each in by_fingerprint}) > 1:
        raise ReplayError(f"{name} begins more than one fingerprint in {path}: give more of it.")
    found = [*named, *by_fingerprint]
    if not found:
        raise ReplayError(f"There is no finding {name!r} in {path}{_instead(name, every)}")
    return found[0]


def _instead(name: str, every: Sequence[Found]) -> str:
    """What to ask for instead: what comes near, or else what there is."""
    faults = {each.finding["fingerprint"]: each.requirement["id"] for each in every}
    if not faults:
        return ": it has none."
    listed = ", ".join(f"{requirement} ({fingerprint})" for fingerprint, requirement in faults.items())
    return nearest(name, [*faults, *faults.values()], f": it has {listed}.")


def request_of(finding: Mapping[str, Any], token: str) -> Request:
    """The request of a finding, as it was sent.

    Args:
        finding: The finding.
        token: The good token, which stands where the report has a placeholder.

    Raises:
        ReplayError: The report does not tell how its credential was made.
    """
    told = finding["request"]
    path, _, query = told["target"].partition("?")
    body = told.get("body")
    return Request(
        query=_with_token(query, token),
        headers=tuple((name, _with_token(value, token)) for name, value in told["headers"]),
        credential=_credential(told, token),
        method=told["method"],
        path=path,
        body=body.encode() if isinstance(body, str) else None,
    )


def _with_token(text: str, token: str) -> str:
    return text.replace(PLACEHOLDER, token)


def _credential(told: Mapping[str, Any], token: str) -> Credential:
    kind = CredentialKind(told["credential"])
    if kind is CredentialKind.GOOD:
        return GOOD
    if kind is CredentialKind.NONE:
        return NO_CREDENTIAL
    if kind is CredentialKind.OTHER_USER:
        raise ReplayError("It takes two users, and more than one request, to see that again: judge again.")
    credential = disguises.named(told.get("credential_name") or "", token)
    if credential is None:
        raise ReplayError(f"The report does not tell how its {kind.value} credential was made: judge again.")
    return credential


@define
class Replaying:
    """The plugin that hands the request to its probe.

    Attributes:
        found: The finding.
        refused: Why the request could not be sent; empty where it could.
    """

    found: Found
    refused: str = ""

    @pytest.fixture
    def replaying(self) -> Replaying:
        """The replay, for its probe."""
        return self

    def request(self, token: str) -> Request:
        """The request that is sent again."""
        return request_of(self.found.finding, token)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the probe put the finding's requirement to the test."""
        for item in items:
            item.add_marker(pytest.mark.requirements(self.found.requirement["id"]))


def replay(found: Found, options: Sequence[str]) -> tuple[int, str]:
    """Send a finding's exchange again, or have its probes do it.

    Args:
        found: The finding.
        options: Options of a run; the URL, the seed and the profile are the report's where they are not among them.

    Returns:
        The exit code, and what to tell.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-export-replay-") as folder:
        fixed = [*_options(found), *options, "--report-dir", folder]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            alone, replaying = found.shows_alone, Replaying(found)
            code = suite(fixed, "replayed.py" if alone else "", [replaying] if alone else ())
        if replaying.refused:
            raise ReplayError(replaying.refused)
        if code == ExitCode.NO_API or not (Path(folder) / "report.json").exists():
            return _without_a_report(code, said.getvalue())
        return _judged(found, read(Path(folder)), code)


def _options(found: Found) -> Iterator[str]:
    """What the run is told from the report; a team's file must not add to its history or accept what is asked here."""
    yield from ("--url", found.report["target"], "--seed", str(found.report["seed"]))
    yield from ("--profile", found.report["profile"], "--requirement", found.requirement["id"])
    yield from ("--history", "", "--deviations", "")
    if found.finding["response"]["status"] == _TOO_MANY:
        yield "--probe-rate-limit"


def _without_a_report(code: int, said: str) -> tuple[int, str]:
    last = said.strip().splitlines()[-1:] or ["Nothing was sent."]
    return (Still.NO_ANSWER if code == ExitCode.NO_API else code), last[0]


def _judged(found: Found, again: Mapping[str, Any], code: int) -> tuple[int, str]:
    name, fingerprint = found.requirement["id"], found.finding["fingerprint"]
    entry = next(each for each in again["requirements"] if each["id"] == name)
    how = "the same request" if found.shows_alone else "its probes, because it takes more than one request to see it"
    findings = entry["findings"]
    if findings:
        same = next((each for each in findings if each["fingerprint"] == fingerprint), None)
        shown = same or findings[0]
        what = "Still fails" if same else f"{name} still fails, in another way than {fingerprint}"
        return Still.FAILS, f"{what} ({how}): {shown['message']}\n{shown['curl']}"
    if code == ExitCode.SUITE_FAILED:
        return code, "\n".join(again["notes"])
    if entry["outcome"] == "inconclusive":
        return ExitCode.NOTHING_JUDGED, f"Cannot be told: {entry['doubt']}"
    if not entry["held"]:
        why = f", because {entry['lacking']}" if entry["lacking"] else ""
        return ExitCode.NOTHING_JUDGED, f"Cannot be told ({how}): no exchange showed whether {name} is kept{why}."
    return Still.FIXED, f"Does not fail any more ({how}): {entry['held']} exchanges keep {name}."
