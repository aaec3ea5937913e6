"""A session of the suite from its first word to its last: the server, the run, and what is said at the end.

How pytest calls it is the plugin's business.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from os import getpid
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, evolve, field
from rich.console import Console
from rich.text import Text

import conformance.mock
from conformance import cleaning, credentials, history, interrupts, ledger, options, report, spec
from conformance.account import Account
from conformance.connection import Connection, proxy_passwords
from conformance.credentials import Credentials
from conformance.endpoint import Endpoint, Limits
from conformance.evidence import RESTING_ON_THE_WALK
from conformance.exchange import Credential, CredentialKind
from conformance.merging import Seen
from conformance.opening import open_run
from conformance.options import Settings
from conformance.plan import Plan, print_plan
from conformance.redaction import Redactor
from conformance.run import Run
from conformance.verdict import ExitCode, Judgement

_SAVED_EVERY: Final = 5.0
"""Seconds between two reports that are written while the run goes on."""
_REPORTS: Final = Path("reports")

_STAGE_SECONDS: Final = 0.2
"""How quickly the embedded mock takes what is started from one status to the next."""


@define
class Session:
    """What the plugin keeps from the start of a session to its end."""

    settings: Settings
    run: Run
    target: str = ""
    exit_code: ExitCode | None = None
    failures: list[str] = field(factory=list)
    notes: list[str] = field(factory=list)
    started: datetime = field(factory=lambda: datetime.now(UTC))
    interrupted: bool = False
    interrupts: list[int] = field(factory=list)
    probes: int = 0
    done: int = 0
    redactor: Redactor = field(factory=Redactor)
    account: Account = field(factory=Account)
    began: float = field(factory=time.monotonic)
    saved: float = field(factory=time.monotonic)
    past: list[history.Record] | None = None
    plan: Plan = field(factory=Plan)
    folder: Path = field()

    @folder.default
    def _folder(self) -> Path:
        own = _REPORTS / f"{self.started:%Y%m%dT%H%M%S}-{getpid()}"
        return self.settings.report_dir or own

    @property
    def seen(self) -> Seen:
        """What this process has seen so far."""
        return Seen.by(self.run, self.failures, self.redactor)


KEY: Final = pytest.StashKey[Session]()
"""Where pytest's configuration has the session."""


def of(config: pytest.Config) -> Session:
    """The session of a configuration."""
    return config.stash[KEY]


def console() -> Console:
    """Where the suite speaks."""
    terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if terminal else 120)


@contextmanager
def served(session: Session) -> Iterator[None]:
    """Have a server, the given one or the embedded mock, and say which; from now on time counts."""
    settings = session.settings
    with nullcontext(settings.url) if settings.url and not settings.plan else _mock(session) as url:
        session.target = settings.url if settings.plan and settings.url else url
        session.began = time.monotonic()
        session.account.begin(None if settings.plan else settings.limits.max_seconds)
        if not settings.plan:
            _print_header(session)
        yield


@contextmanager
def _mock(session: Session) -> Iterator[str]:
    token = "mock-token"  # noqa: S105  the embedded mock is no secret
    limits, reading = session.settings.limits, conformance.mock.Reading()
    if limits.allow_writes:
        limits = evolve(limits, scratch_imodel=limits.scratch_imodel or conformance.mock.SCRATCH_IMODEL)
        reading = conformance.mock.Reading(operations="all", stage_seconds=_STAGE_SECONDS)
    mock = conformance.mock.Settings(
        token=token, other_token=session.settings.other_token or None, seed=session.settings.seed, reading=reading
    )
    with conformance.mock.serve(mock) as url:
        source = credentials.from_text(options.TOKEN_VARIABLE, token)
        # A proxy is for what is elsewhere.
        session.settings = evolve(session.settings, url=url, source=source, connection=Connection(), limits=limits)
        if not session.settings.plan:
            session.notes.append("Without --url this was the embedded mock.")
        yield url


def _print_header(session: Session) -> None:
    settings = session.settings
    name = f"mesh-export-conformance {spec.version()}"
    line = f"{name}: {session.target}, profile {settings.profile}, seed {settings.seed}"
    console().print(Text(line))
    if settings.source.empty:
        console().print(Text(f"{options.TOKEN_VARIABLE} is not set: requests go without a token."))


@contextmanager
def opened(session: Session) -> Iterator[None]:
    """Have an endpoint for a server that is there, and make the first walk.

    Raises:
        CannotTestError: There is no API to judge.
        BudgetSpentError: There was not enough for the walk.
        CredentialError: There is no credential to be had.
    """
    settings, run, redactor = session.settings, session.run, session.redactor
    for password in proxy_passwords():
        redactor.add(password)
    if settings.other_token:
        redactor.add(settings.other_token)
        run.other_user = Credential(CredentialKind.OTHER_USER, f"Bearer {settings.other_token}")
    limits = settings.limits
    if settings.plan:
        limits = evolve(limits, rate=None, max_requests=_affordable(limits))
    run.endpoint = Endpoint(
        settings.url or "",
        Credentials(settings.source, redactor.add),
        limits,
        redactor,
        run.heard,
        connection=settings.connection,
        account=session.account,
        stands_in_for=session.target,
    )
    try:
        open_run(run)
        session.plan.open(run.endpoint.sent)
        yield
    finally:
        cleaning.clean_up(run)
        session.notes.extend(cleaning.left_behind(run))
        run.endpoint.close()


def _affordable(limits: Limits) -> int:
    """Requests that the rate and the time allow."""
    if not (limits.rate and limits.max_seconds):
        return limits.max_requests
    return min(limits.max_requests, int(limits.rate * limits.max_seconds) + 1)


def conclude(session: Session, seen: Seen) -> None:
    """Judge what was seen, print it, and write the report."""
    if seen.spent:
        session.notes.append(f"{report.STOPPED}{seen.spent}.")
    if seen.sampled:
        session.notes.append(_on_a_sample(seen))
    if seen.moves:
        session.notes.append(f"The collection moved while it was read ({seen.moves} times).")
    if seen.deprecated:
        session.notes.append(f"Used although deprecated: {', '.join(sorted(seen.deprecated))}.")
    session.notes.extend(seen.failures)
    partial = session.interrupted or seen.lost or seen.limited
    document = _judge(session, seen, session.notes, partial=partial)
    out = console()
    report.print_verdict(out, document)
    try:
        path = report.write(session.folder, document)
        out.print(Text(f"Report: {path}"), soft_wrap=True)
    except OSError as error:
        out.print(Text(f"The report could not be written to {session.folder}: {error.strerror}."), soft_wrap=True)
        session.failures.append("the report could not be written")
    try:
        report.tell_github(document, out)
    except OSError as error:
        out.print(Text(f"The step summary could not be written: {error.strerror}."), soft_wrap=True)
    if session.settings.history:
        _keep(session.settings.history, document, session)
    session.exit_code = ExitCode(document["exit_code"])


def _on_a_sample(seen: Seen) -> str:
    """What rests on a sample, where the collection could not be walked to its end."""
    resting = sorted(name for name, tally in seen.tallies.items() if name in RESTING_ON_THE_WALK and tally.held)
    return (
        "The collection is larger than --max-walk allows, or has a page that cannot be read: "
        f"{seen.sampled} exports of it were walked, and these rest on that sample: {', '.join(resting)}."
    )


def save(session: Session, seen: Callable[[], Seen]) -> None:
    """Write what was seen so far, now and then: an end that nothing can catch leaves it behind."""
    now = time.monotonic()
    if now - session.saved < _SAVED_EVERY or session.settings.plan:
        return
    so_far = seen()
    if so_far.no_api:
        return
    session.saved = now
    notes = [*session.notes, f"{report.GOING_ON}this is what was seen until then."]
    with suppress(OSError), interrupts.held_back():
        # At the end it is tried again, and then said.
        report.write(session.folder, _judge(session, so_far, notes, partial=True))


def _judge(session: Session, seen: Seen, notes: list[str], *, partial: bool) -> dict[str, Any]:
    """The verdict on what was seen, as a report has it."""
    settings = session.settings
    judgement = Judgement(
        seen.tallies,
        ledger.requirements(),
        seen.saw_exports,
        settings.fail_on,
        settings.deviations,
        complete=not (seen.spent or seen.failures or partial),
    )
    facts = report.Facts(
        settings,
        session.target,
        seen.sources,
        time.monotonic() - session.began,
        session.started,
        _budget(session),
        seen.latencies,
        tuple(notes),
        partial=partial,
        limited=seen.limited and not (session.interrupted or seen.lost),
        failed=bool(seen.failures),
    )
    if session.past is None:
        session.past = _past_runs(session, seen.redactor(session.target))
    return report.document(judgement, facts, seen.redactor, session.past)


def _past_runs(session: Session, target: str) -> list[history.Record]:
    """Past runs against a server: of the history, or else of the folder that reports go to by default."""
    # To the millisecond, as a report has it: what this run has saved so far is no run before it.
    began = session.started.replace(microsecond=session.started.microsecond // 1000 * 1000)
    if session.settings.history:
        return report.latest(history.read(session.settings.history), target, session.settings.profile, began)
    if session.settings.report_dir:
        return []
    return report.in_folders(_REPORTS, target, session.settings.profile, began)


def _keep(folder: Path, document: dict[str, Any], session: Session) -> None:
    """Add the run to the history."""
    try:
        history.append(folder, document)
    except OSError as error:
        console().print(Text(f"The history could not be written to {folder}: {error.strerror}."), soft_wrap=True)
        session.failures.append("the history could not be written")


def _budget(session: Session) -> report.Budget:
    limits = session.settings.limits
    with session.account.changing() as spent:
        return report.Budget(
            spent.sent, spent.waited, limits.rate, limits.max_requests, limits.max_wait, limits.max_seconds
        )


def refuse_to_judge(session: Session, reason: str) -> None:
    """Say why there is no API to judge."""
    console().print(Text(session.redactor(reason)), soft_wrap=True)
    session.exit_code = ExitCode.NO_API


def show_plan(session: Session) -> None:
    """Print what would be sent."""
    print_plan(console(), session.plan, session.settings, session.target)
    session.exit_code = ExitCode.CONFORMS
