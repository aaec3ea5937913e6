"""The pytest plugin: options, the run that the probes share, the verdict at the end, and the exit code.

Loaded by `pytest.ini` beside it, so that other test suites do not meet it.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import traceback
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Final, NoReturn

import hypothesis
import hypothesis.configuration
import platformdirs
import pytest

from conformance import cleaning, interrupts, ledger, options, report, second_look, settings_file, spec
from conformance import session as sessions
from conformance.account import BudgetSpentError
from conformance.credentials import CredentialError
from conformance.distribution import Controller, Worker, is_controller, worker_session
from conformance.merging import Seen
from conformance.opening import CannotTestError
from conformance.options import OPTIONS, OptionError, Settings
from conformance.run import Run
from conformance.session import Session
from conformance.verdict import ExitCode

_LAST: Final = ("test_resending", "test_properties", "test_relations", "test_schema")
"""The modules of probes that come after all others, in this order."""
_MOVED: Final = "test_moved"
_ENOUGH_TO_MOVE: Final = 0.5
"""The share of the probes after which a collection that moves has moved, while the budget is not spent on it yet."""
_WRITING: Final = frozenset({"test_create_export", "test_delete_export", "test_lives"})
_LONGEST_FAILURE: Final = 400
_TALKATIVE: Final = ("httpcore2", "httpx2")
_IN_WORKERS: Final = "PYTEST_XDIST_WORKER"
_PYTEST_FAILED: Final = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
_CONTROLLER, _WORKER = "mesh-export-controller", "mesh-export-worker"


class RequirementViolatedError(AssertionError):
    """A probe confirmed that a requirement is violated."""


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
    if _IN_WORKERS not in os.environ:
        early = ExitStack()
        early.enter_context(interrupts.too_early())
        early_config.add_cleanup(early.close)
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
    if known.mesh_export_scratch_imodel and not settings.limits.allow_writes:
        # A team's file or environment may name it for the runs that are allowed to write.
        _refuse("--scratch-imodel does nothing without --allow-writes: give both, or neither.")
    if known.mesh_export_list_requirements:
        _print_requirements()
        raise SystemExit(ExitCode.CONFORMS)
    options.make_current(settings)
    _check_processes(known, settings)
    session = Session(settings, Run(settings.requirements))
    if not (settings.plan or known.collectonly):
        _check_folders(session)
    early_config.stash[sessions.KEY] = session
    early_config.pluginmanager.register(_Interruption(early_config))


def _check_processes(known: argparse.Namespace, settings: Settings) -> None:
    """Leave of xdist's options only `-n`: processes elsewhere could not share the account of the run."""
    processes = getattr(known, "numprocesses", None)
    if settings.plan and processes:
        _refuse("--plan counts what one process would send, and several send no more: leave -n out.")
    if isinstance(processes, int) and processes < 0:
        _refuse(f"-n {processes} is no number of processes: give one from 1, or auto.")
    if processes is not None and settings.limits.allow_writes:
        _refuse("--allow-writes is for a run in one process, which cleans up behind itself: leave out -n.")
    if getattr(known, "tx", None) or getattr(known, "dist", "no") != "no" or getattr(known, "looponfail", False):
        _refuse("Of the options of pytest-xdist only -n N is of use here: it spreads the run over N processes.")


def _check_folders(session: Session) -> None:
    """Refuse a folder that nothing can be written to now, and not when the run is over."""
    # A folder of the run's own is made when there is something to put into it.
    reports = session.settings.report_dir or session.folder.parent
    for flag, folder in (("--report-dir", reports), ("--history", session.settings.history)):
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            _refuse(f"{folder} cannot be written to ({error.strerror}): let {flag} name a folder that can.")


def _refuse(sentence: str) -> NoReturn:
    if "numprocesses" in sentence:
        sentence = "-n needs the number of processes: give one from 1, or auto."
    sys.stderr.write(sentence + "\n")
    raise SystemExit(ExitCode.WRONG_USE)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the marker that ties a probe to its requirements, and keep hypothesis from writing into the checkout.

    No example is kept anywhere; hypothesis' tables of Unicode are, in the user's cache: to make them takes seconds.
    """
    config.addinivalue_line("markers", "requirements(*ids): the requirements that the probe puts to the test")
    config.addinivalue_line("markers", "turn(number): which of its turns a random probe has")
    _show_no_values(config)
    for name in _TALKATIVE:
        # They tell of headers, with whatever is in them.
        logging.getLogger(name).setLevel(logging.WARNING)
    if "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ:
        cache = platformdirs.user_cache_path("mesh-export-conformance", appauthor=False)
        hypothesis.configuration.set_hypothesis_home_dir(cache / "hypothesis")
        config.add_cleanup(lambda: hypothesis.configuration.set_hypothesis_home_dir(None))
    hypothesis.settings.register_profile(
        "conformance",
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("conformance")
    _take_part(config)


def _show_no_values(config: pytest.Config) -> None:
    """Have pytest show no variables and arguments: it cuts them in the middle, and half a secret cannot be told."""
    config.option.showlocals = False
    if config.option.tbstyle in ("auto", "long"):
        config.option.tbstyle = "short"


def _take_part(config: pytest.Config) -> None:
    """Be the process that starts the others, or one of these, where the run is spread."""
    told = worker_session(config)
    if told is not None:
        config.stash[sessions.KEY] = told
        options.make_current(told.settings)
        config.pluginmanager.register(Worker(told), _WORKER)
    elif is_controller(config) and sessions.KEY in config.stash:
        # One probe after the other: the telling ones come first, and no process is left with all the long ones.
        config.option.maxschedchunk = 1
        config.option.maxworkerrestart = "0"
        # xdist speaks through it of its processes; the verdict does not.
        config.pluginmanager.unregister(name="terminalreporter")
        folder = tempfile.TemporaryDirectory(prefix="mesh-export-conformance-")
        config.add_cleanup(folder.cleanup)
        account = Path(folder.name) / "account"
        config.pluginmanager.register(Controller(sessions.of(config), account), _CONTROLLER)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int | pytest.ExitCode | None, int | None]:
    """Give every end of the command one of our exit codes."""
    state = config.stash.get(sessions.KEY, None)
    heeded: AbstractContextManager[list[int]] = interrupts.raised()
    if hasattr(config, "workerinput"):
        heeded = nullcontext([])
    try:
        with heeded as came:
            if state is not None:
                state.interrupts = came
            result = yield
    except pytest.UsageError as error:
        _refuse(str(error))
    except Exception as error:
        # Python's own code for this is 1, which has another meaning here; an interrupt can make pytest fail itself.
        if state is None:
            raise
        sys.stderr.write(f"pytest failed itself: {type(error).__name__}.\n")
        return _exit_code(state, pytest.ExitCode.INTERNAL_ERROR)
    if state is None or result is None:
        return None if result is None else int(result)
    return _exit_code(state, pytest.ExitCode(result) if result in list(pytest.ExitCode) else None)


class _Interruption:
    """Has the last word when a run is interrupted, where pytest would have it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Judge what was seen where that was not done before, or say that there was nothing."""
        if excinfo.type is not KeyboardInterrupt:
            return
        plugins, state = self._config.pluginmanager, sessions.of(self._config)
        if plugins.has_plugin("terminalreporter"):
            plugins.unregister(name="terminalreporter")
        if state.exit_code is not None:
            return
        if state.target:
            # Of a run that is spread, the processes were about to be started.
            _note_interrupt(state)
            _conclude(state, state.seen)
        else:
            sys.stderr.write(f"{interrupts.NOTHING_YET}\n")


def _heed(state: Session) -> None:
    """Interrupt the run now where an interrupt came that had no effect."""
    if state.interrupts:
        raise KeyboardInterrupt


def _note_interrupt(state: Session) -> None:
    state.interrupted = True
    state.notes.append(f"{report.INTERRUPTED}this is what was seen so far.")


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
    # The telling requests come before the random ones: a budget that runs out costs the least. Among them none depends
    # on the order, and the seed shows it.
    random.Random(sessions.of(config).settings.seed).shuffle(items)  # noqa: S311  it is no secret
    items.sort(
        key=lambda item: (item.path.stem in _LAST, item.path.stem in _WRITING, _turn(item), _place_among_the_last(item))
    )
    moved = [item for item in items if item.path.stem == _MOVED]
    others = [item for item in items if item not in moved]
    place = int(_ENOUGH_TO_MOVE * len(others))
    items[:] = [*others[:place], *moved, *others[place:]]
    asked_for = set(sessions.of(config).settings.requirements)
    if not asked_for:
        return
    wanted = [item for item in items if asked_for & requirements_of(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _place_among_the_last(item: pytest.Item) -> int:
    return _LAST.index(item.path.stem) if item.path.stem in _LAST else -1


def _turn(item: pytest.Item) -> int:
    """Which of its turns a random probe has."""
    marker = item.get_closest_marker("turn")
    return int(marker.args[0]) if marker else 0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the random probes of a full run turn after turn, each with another seed, until the budget ends."""
    turns = sessions.of(metafunc.config).settings.turns
    if "turn" in metafunc.fixturenames and turns > 1:
        each = [pytest.param(number, marks=pytest.mark.turn(number)) for number in range(turns)]
        metafunc.parametrize("turn", each, indirect=True)


@pytest.fixture
def turn(request: pytest.FixtureRequest) -> int:
    """Which of its turns a random probe has."""
    return int(getattr(request, "param", 0))


def requirements_of(item: pytest.Item) -> set[str]:
    """The requirements that a probe puts to the test."""
    return {name for marker in item.iter_markers("requirements") for name in marker.args}


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Open the run before the first probe, and judge it after the last."""
    config, state = session.config, sessions.of(session.config)
    controller: Controller | None = config.pluginmanager.get_plugin(_CONTROLLER)
    if config.option.collectonly or not (session.items or controller):
        return (yield)
    state.probes = state.probes or len(session.items)
    is_worker = config.pluginmanager.has_plugin(_WORKER)
    with ExitStack() as stack:
        try:
            if controller is None:
                _open(state, stack, is_worker)
                if state.run.no_api and not is_worker:
                    session.items.clear()
            result = yield
            _heed(state)
        except KeyboardInterrupt:
            _note_interrupt(state)
            raise
        finally:
            # What the run started is deleted before the verdict, which says what is left of it.
            stack.close()
            if state.target and not is_worker:
                _clear_progress()
                # The report takes a second at most, and nothing but a kill may come between.
                with interrupts.ignored():
                    _conclude(state, controller.seen if controller else state.seen)
    return result


def _open(state: Session, stack: ExitStack, is_worker: bool) -> None:
    """Open the run in this process; what stands in its way is kept for the end."""
    try:
        if not is_worker:
            stack.enter_context(sessions.served(state))
        stack.enter_context(sessions.opened(state))
    except (CannotTestError, CredentialError) as error:
        state.run.no_api = state.run.spent = state.redactor(str(error))
    except BudgetSpentError as error:
        state.run.spent = str(error)


def _conclude(state: Session, seen: Seen) -> None:
    if state.settings.plan:
        sessions.show_plan(state)
    elif seen.no_api:
        sessions.refuse_to_judge(state, seen.no_api)
    else:
        sessions.conclude(state, seen)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """After a probe, confirm what it raised suspicion of; a probe that confirmed a violation fails."""
    run = sessions.of(item.config).run
    _heed(sessions.of(item.config))
    if run.spent:
        pytest.skip(run.spent)
    sent = run.endpoint.sent
    try:
        try:
            yield
        finally:
            confirmed = second_look.settle(run)
    except BudgetSpentError as error:
        run.spent = str(error)
        pytest.skip(run.spent)
    finally:
        sessions.of(item.config).plan.add(item, run.endpoint.sent - sent)
    if confirmed:
        raise RequirementViolatedError("; ".join(f"{name}: {message}" for name, message in confirmed))


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Write what was seen so far, now and then; of several processes the one that starts them does."""
    if not item.config.pluginmanager.has_plugin(_WORKER):
        state = sessions.of(item.config)
        sessions.save(state, lambda: state.seen)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell a probe that found a violation from one that failed itself."""
    result = yield
    state = sessions.of(item.config)
    if call.excinfo and not isinstance(result.longrepr, tuple):
        # pytest shows it with some of its options, with what was in the variables.
        result.longrepr = state.redactor.told(str(result.longrepr), spec.collection_path().strip("/"))
    if call.excinfo and not call.excinfo.errisinstance((RequirementViolatedError, pytest.skip.Exception)):
        where = traceback.extract_tb(call.excinfo.tb)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        error = f"{item.name} failed itself ({call.excinfo.typename} at {place}): {call.excinfo.value}"
        state.failures.append(state.redactor(error)[:_LONGEST_FAILURE])
    return result


def _clear_progress() -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K")
        sys.stdout.flush()


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Print no letter for a probe: the verdict speaks of requirements."""
    return report.outcome, "", ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Show where the run is, in a terminal."""
    state = sessions.of(item.config)
    state.done += 1
    if sys.stdout.isatty():
        sent = state.run.endpoint.sent
        sys.stdout.write(f"\r\033[K{state.done}/{state.probes} probes, {sent} exchanges: {item.name}"[:100])
        sys.stdout.flush()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The run that all probes share."""
    return sessions.of(request.config).run


@pytest.fixture
def scratch(run: Run) -> Iterator[str]:
    """The iModel in which exports may be started; what a probe starts there is deleted after it."""
    if not run.may_write:
        pytest.skip("Nothing is started or deleted without --allow-writes.")
    run.writing = True
    yield run.scratch
    cleaning.clean_up(run)
    run.writing = False


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """What the run was told."""
    return sessions.of(request.config).settings
