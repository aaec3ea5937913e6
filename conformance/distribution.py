"""A run that pytest-xdist spreads over processes, `-n N`: one server, one account, one verdict.

The controller starts the mock if there is one, tells the workers what the run was told, and judges what they saw. A
worker opens the run for itself, sends its share, and tells after each probe what it has seen so far. All of it goes
through the pipes of xdist, never over a disk. Which probe runs where is xdist's business.
"""

from __future__ import annotations

import pickle
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
from attrs import evolve, frozen

from conformance.account import Account
from conformance.merging import Seen, merge
from conformance.options import Settings
from conformance.run import Run
from conformance.session import Session, save, served

_TOLD: Final = "mesh_export_told"
_SEEN: Final = "mesh_export_seen"


class Node(Protocol):
    """What xdist's controller has of a worker."""

    workerinput: dict[str, Any]


@frozen
class Told:
    """What a worker is told.

    Attributes:
        settings: The settings of the run, with the URL and the token that hold for all.
        account: The file of the account that all processes share.
    """

    settings: Settings
    account: Path


class Controller:
    """The plugin of the process that starts the workers.

    Args:
        session: The session that all of them are.
        account: The file for the account that they share.
    """

    def __init__(self, session: Session, account: Path) -> None:
        self._session = session
        self._path = account
        self._seen: dict[str, Seen] = {}
        self._server = ExitStack()
        self._pytest: pytest.Session | None = None
        session.account = Account(account)

    @property
    def seen(self) -> Seen:
        """What the workers have seen so far, together."""
        return merge(self._seen.values())

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep pytest's session, to collect the probes with."""
        self._pytest = session

    def pytest_xdist_setupnodes(self) -> None:
        """Refuse a choice that leaves no probe, and have a server, before there are workers to judge it."""
        self._session.probes = len(self._pytest.perform_collect()) if self._pytest else 0
        if not self._session.probes:
            raise pytest.UsageError("No probe is left: narrow it less with -k and --requirement.")
        self._server.enter_context(served(self._session))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Let the workers end, then the server."""
        self._session.account.stop()
        try:
            return (yield)
        finally:
            self._server.close()
            self._session.account.close()

    def pytest_configure_node(self, node: Node) -> None:
        """Tell a worker what the run was told."""
        node.workerinput[_TOLD] = pickle.dumps(Told(self._session.settings, self._path))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a worker has seen so far; a probe without a word of it ended with its worker."""
        worker: str = getattr(report, "worker_id", "")
        told: bytes | None = getattr(report, _SEEN, None)
        if told is not None:
            # Made by a process of ours, and never out of memory.
            later: Seen = pickle.loads(told)  # noqa: S301
            self._seen[worker] = self._seen.get(worker, Seen()).updated(later)
            save(self._session, lambda: self.seen)
        elif report.when not in ("setup", "call", "teardown"):
            name = report.nodeid.rpartition("::")[2]
            self._session.failures.append(f"{name} failed itself: its process ended")


class Worker:
    """The plugin of a process that sends a share of the run.

    Args:
        session: What this process knows of the session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: dict[str, int] = {}

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell what was seen so far, with the report of a probe that ended."""
        result = yield
        if call.when == "teardown":
            setattr(result, _SEEN, pickle.dumps(self._session.seen.without_told(self._told)))
        return result


def worker_session(config: pytest.Config) -> Session | None:
    """The session of a worker as the controller told it; None in every other process."""
    told_it: dict[str, Any] = getattr(config, "workerinput", {})
    if _TOLD not in told_it:
        return None
    told: Told = pickle.loads(told_it[_TOLD])  # noqa: S301  made by a process of ours
    settings = told.settings
    each = max(1, settings.limits.concurrency // told_it["workercount"])
    settings = evolve(settings, limits=evolve(settings.limits, concurrency=each))
    return Session(settings, Run(settings.requirements), target=settings.url or "", account=Account(told.account))


def is_controller(config: pytest.Config) -> bool:
    """Whether this process is to start workers."""
    option = config.option
    wanted = getattr(option, "dist", "no") != "no" and bool(getattr(option, "tx", None))
    return wanted and not option.collectonly
