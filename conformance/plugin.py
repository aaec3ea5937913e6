"""The pytest plugin: options, the run that the probes share, the verdict at the end, and the exit code.

Loaded by `pytest.ini` beside it, so that other test suites do not meet it.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from os import getpid
from pathlib import Path
from typing import Final, NoReturn

import hypothesis
import hypothesis.configuration
import pytest
from attrs import define, field
from rich.console import Console
from rich.text import Text

import conformance.mock
from conformance import ledger, options, report, settings_file
from conformance.endpoint import BudgetSpentError, Endpoint
from conformance.options import OPTIONS, OptionError, Settings
from conformance.redaction import Redactor
from conformance.run import CannotTestError, Run
from conformance.verdict import ExitCode, Judgement

_GENTLE_RATE: Final = 10.0
_RANDOM: Final = frozenset({"test_properties", "test_relations", "test_schema"})
_PYTEST_FAILED: Final = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)


class RequirementViolatedError(AssertionError):
    """A probe confirmed that a requirement is violated."""


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
    probes: int = 0
    done: int = 0


_SESSION: Final = pytest.StashKey[Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite; values stay text here, and are read in one place."""
    # pytest ends wrong use of its own options with 4, which has another meaning here.
    setattr(parser.optparser, "error", _refuse)  # noqa: B010  a method, as far as mypy knows
    group = parser.getgroup("mesh-export", "Mesh Export conformance")
    for option in OPTIONS:
        text = f"{option.help} Default: {option.default}."
        if option.metavar is None:
            group.addoption(option.flag, dest=option.dest, action="store_true", help=text)
        else:
            action = "append" if option.repeatable else "store"
            group.addoption(
                option.flag,
                dest=option.dest,
                action=action,
                nargs="?",
                const=options.MISSING,
                metavar=option.metavar,
                help=text,
            )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Refuse unknown options and wrong values before pytest does, with an exit code of our own."""
    known, unknown = parser.parse_known_and_unknown_args(args)
    if known.help or known.version:
        return
    strange = [argument for argument in unknown if argument.startswith("-")]
    if strange:
        _refuse(f"There is no option {strange[0].split('=')[0]}: --help lists those that there are.")
    try:
        given = settings_file.given(vars(known))
    except OptionError as error:
        _refuse(str(error))
    try:
        settings = options.settings(given.values)
    except OptionError as error:
        _refuse(given.blame(error))
    if known.mesh_export_list_requirements:
        _print_requirements()
        raise SystemExit(ExitCode.CONFORMS)
    options.make_current(settings)
    early_config.stash[_SESSION] = Session(settings, Run(settings.requirements))


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(sentence + "\n")
    raise SystemExit(ExitCode.WRONG_USE)


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker that ties a probe to its requirements, and keep hypothesis from writing into the checkout."""
    config.addinivalue_line("markers", "requirements(*ids): the requirements that the probe puts to the test")
    folder = tempfile.TemporaryDirectory(prefix="mesh-export-conformance-")
    config.add_cleanup(folder.cleanup)
    hypothesis.configuration.set_hypothesis_home_dir(folder.name)
    hypothesis.settings.register_profile(
        "conformance",
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("conformance")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int | pytest.ExitCode | None, int | None]:
    """Give every end of the command one of our exit codes."""
    session = config.stash.get(_SESSION, None)
    try:
        result = yield
    except pytest.UsageError as error:
        _refuse(str(error))
    if session is None or result is None:
        return None if result is None else int(result)
    return _exit_code(session, pytest.ExitCode(result) if result in list(pytest.ExitCode) else None)


def _exit_code(session: Session, code: pytest.ExitCode | None) -> int:
    if session.exit_code is ExitCode.DOES_NOT_CONFORM:
        return int(session.exit_code)
    if code in _PYTEST_FAILED or session.failures:
        return int(ExitCode.SUITE_FAILED)
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(ExitCode.WRONG_USE)
    return int(session.exit_code or ExitCode.CONFORMS)


def _print_requirements() -> None:
    for requirement in ledger.requirements().values():
        print(f"{requirement.level.value:6} {requirement.id:32} {requirement.statement}")  # noqa: T201


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the probes of requirements that were not asked for."""
    # The telling requests come before the random ones: a budget that runs out costs the least.
    items.sort(key=lambda item: item.path.stem in _RANDOM)
    session = config.stash[_SESSION]
    asked_for = set(session.settings.requirements)
    if not asked_for:
        return
    wanted = [item for item in items if asked_for & requirements_of(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def requirements_of(item: pytest.Item) -> set[str]:
    """The requirements that a probe puts to the test."""
    return {name for marker in item.iter_markers("requirements") for name in marker.args}


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Open the run before the first probe, and judge it after the last."""
    state = session.config.stash[_SESSION]
    if session.config.option.collectonly or not session.items:
        return (yield)
    state.probes = len(session.items)
    console = _console()
    with ExitStack() as stack:
        try:
            stack.enter_context(_opened(state))
        except CannotTestError as error:
            console.print(Text(state.run.endpoint.redactor(str(error))), soft_wrap=True)
            state.exit_code = ExitCode.NO_API
            session.items.clear()
        except BudgetSpentError as error:
            state.run.spent = str(error)
        _interrupt_on_sigterm()
        try:
            result = yield
        except KeyboardInterrupt:
            state.interrupted = True
            state.notes.append("Interrupted: this is what was seen so far.")
            raise
        finally:
            _clear_progress(console)
            if state.exit_code is None:
                _conclude(state, console)
    return result


def _interrupt_on_sigterm() -> None:
    """Let a polite kill end the run as Ctrl-C does, with a report of what was seen."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _console() -> Console:
    terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if terminal else 120)


@contextmanager
def _opened(state: Session) -> Iterator[None]:
    """Have an endpoint, the given one or the embedded mock, and make the first walk."""
    settings, run = state.settings, state.run
    with ExitStack() as stack:
        url, token = settings.url, settings.token
        state.target = url or ""
        if url is None:
            token = "mock-token"  # noqa: S105  the embedded mock is no secret
            mock = conformance.mock.Settings(token=token, seed=settings.seed)
            url = stack.enter_context(conformance.mock.serve(mock))
            state.target = url
            state.notes.append("Without --url this was the embedded mock.")
        run.endpoint = Endpoint(url, token, settings.limits, Redactor(), run.heard)
        stack.callback(run.endpoint.close)
        if not run.endpoint.loopback and settings.limits.rate is None:
            run.endpoint.be_gentle(_GENTLE_RATE)
        _print_header(state)
        run.open()
        yield


def _print_header(state: Session) -> None:
    settings = state.settings
    version = conformance.__version__
    console = _console()
    console.print(
        Text(f"mesh-export-conformance {version}: {state.target}, profile {settings.profile}, seed {settings.seed}")
    )
    if not settings.token and settings.url:
        console.print(Text(f"{options.TOKEN_VARIABLE} is not set: requests go without a token."))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """After a probe, confirm what it raised suspicion of; a probe that confirmed a violation fails."""
    run = item.config.stash[_SESSION].run
    if run.spent:
        pytest.skip(run.spent)
    try:
        try:
            yield
        finally:
            confirmed = run.settle()
    except BudgetSpentError as error:
        run.spent = str(error)
        pytest.skip(run.spent)
    if confirmed:
        raise RequirementViolatedError("; ".join(f"{name}: {message}" for name, message in confirmed))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell a probe that found a violation from one that failed itself."""
    result = yield
    if call.excinfo and not call.excinfo.errisinstance((RequirementViolatedError, pytest.skip.Exception)):
        state = item.config.stash[_SESSION]
        where = traceback.extract_tb(call.excinfo.tb)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        error = f"{item.name} failed itself ({call.excinfo.typename} at {place}): {str(call.excinfo.value)[:300]}"
        state.failures.append(state.run.endpoint.redactor(error))
    return result


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Print no letter for a probe: the verdict speaks of requirements."""
    return report.outcome, "", ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Show where the run is, in a terminal."""
    state = item.config.stash[_SESSION]
    state.done += 1
    if sys.stdout.isatty():
        sent = state.run.endpoint.sent
        sys.stdout.write(f"\r\033[K{state.done}/{state.probes} probes, {sent} exchanges: {item.name}"[:100])
        sys.stdout.flush()


def _clear_progress(console: Console) -> None:
    if console.is_terminal:
        sys.stdout.write("\r\033[K")
        sys.stdout.flush()


def _conclude(state: Session, console: Console) -> None:
    run, settings = state.run, state.settings
    run.say_what_is_lacking()
    judgement = Judgement(run.tallies, ledger.requirements(), run.saw_exports, settings.fail_on)
    if run.spent:
        state.notes.append(f"Stopped early: {run.spent}.")
    if run.moves:
        state.notes.append(f"The collection moved while it was read ({run.moves} times).")
    state.notes.extend(state.failures)
    facts = report.Facts(
        settings,
        state.target,
        run.sources,
        time.monotonic() - run.began,
        state.started,
        _budget(run.endpoint),
        run.latencies,
        tuple(state.notes),
        partial=state.interrupted,
        failed=bool(state.failures),
    )
    document = report.document(judgement, facts, run.endpoint.redactor)
    report.print_verdict(console, document)
    folder = settings.report_dir or Path("reports") / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{getpid()}"
    try:
        path = report.write(folder, document)
        console.print(Text(f"Report: {path}"), soft_wrap=True)
    except OSError as error:
        console.print(Text(f"The report could not be written to {folder}: {error.strerror}."), soft_wrap=True)
        state.failures.append("the report could not be written")
    state.exit_code = judgement.exit_code


def _budget(endpoint: Endpoint) -> report.Budget:
    limits = endpoint.limits
    return report.Budget(endpoint.sent, endpoint.waited, limits.rate, limits.max_requests, limits.max_wait)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The run that all probes share."""
    return request.config.stash[_SESSION].run


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """What the run was told."""
    return request.config.stash[_SESSION].settings
