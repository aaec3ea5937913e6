"""The suite as the tests call it: one run in this process, and what it said."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from conformance import endpoint, lives, patience
from conformance.mock import READINGS, SCRATCH_IMODEL, Fault, Reading, Settings, serve

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background deaf to interrupts, and so would every run be that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
PROBES = str(ROOT / "conformance")
_UNUSED_PLUGINS = (
    *("doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin", "setuponly", "setupplan"),
    *("stepwise", "subtests", "unittest"),
)
TOKEN = "tok-AbCdef-0123456789-xy"
OTHER = "tok-other-user-0123456789"


@frozen
class Said:
    """What a run said.

    Attributes:
        code: Its exit code.
        output: What it printed.
        report: Its report as JSON; empty where it wrote none.
    """

    code: int
    output: str
    report: dict[str, Any]

    def with_outcome(self, outcome: str) -> set[str]:
        """The requirements that have an outcome."""
        return {entry["id"] for entry in self.report.get("requirements", []) if entry["outcome"] == outcome}


def judge(url: str, *options: str, token: str = TOKEN, **variables: str) -> Said:
    """Run the suite against a server, with further variables in the environment."""
    return command("--url", url, *options, token=token, **variables)


def wait_until(reached: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    """Wait for something that a run in a process of its own does; it must not end before."""
    end = time.monotonic() + 100
    while not reached():
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def bound_answers(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Have runs wait so long for an answer, and no longer."""
    monkeypatch.setattr(endpoint, "TIME_BOUND", seconds)
    monkeypatch.setattr(patience, "TIME_BOUND", seconds)


def narrowly(fault: Fault, reading: Reading = READINGS["default"]) -> Said:
    """Run what puts the first requirement of a fault to the test, until it is violated, against a mock that has it."""
    options: tuple[str, ...] = (
        "--seed",
        "1",
        "--fail-on",
        "should",
        "--requirement",
        fault.requirements[0],
        "--probe-rate-limit",
        "--max-wait",
        "10",
        "--exitfirst",
    )
    if fault.needs.get("operations") == "all":
        options += ("--allow-writes", "--scratch-imodel", SCRATCH_IMODEL)
    settings = Settings(token=TOKEN, other_token=OTHER, fault=fault.name, reading=reading)
    with serve(settings) as url, pytest.MonkeyPatch.context() as patch:
        # What never comes is not waited for as long as from a service.
        patch.setattr(lives, "_PATIENCE", 1.5)
        if "answer-in-time" in fault.requirements:
            bound_answers(patch, 2.0)
        chosen = (*options, "-k", "not whatever", "--url", url)
        # A third of such a run would be spent on plugins that it has no use for.
        unused = [option for name in _UNUSED_PLUGINS for option in ("-p", f"no:{name}")]
        spared = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        probes = _probes()[fault.requirements[0]]
        return command(*chosen, *unused, probes=probes, MESH_EXPORT_OTHER_TOKEN=OTHER, **spared)


@cache
def _probes() -> dict[str, list[str]]:
    """The modules with probes of each requirement, but for what schemathesis generates: to collect all takes time."""
    found: dict[str, dict[str, None]] = {}
    for path in sorted((ROOT / "conformance").glob("test_*.py")):
        if path.stem == "test_schema":
            continue
        with warnings.catch_warnings():
            # The markers are those of another pytest than this one.
            warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)
            module = importlib.import_module(f"conformance.{path.stem}")
        for probe in vars(module).values():
            for marker in getattr(probe, "pytestmark", ()):
                for requirement in marker.args if marker.name == "requirements" else ():
                    found.setdefault(requirement, {})[str(path)] = None
    return {requirement: list(paths) for requirement, paths in found.items()}


def command(*arguments: str, token: str = TOKEN, probes: Sequence[str] = (PROBES,), **variables: str) -> Said:
    """Call the command in this process."""
    # What it generates is decided when it is imported, by the settings of that run.
    sys.modules.pop("conformance.test_schema", None)
    output = io.StringIO()
    ini = ROOT / "conformance" / "pytest.ini"
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in {"MESH_EXPORT_TOKEN": token, **variables}.items():
            patch.setenv(name, value)
        fixed = [*probes, "-c", str(ini), "--report-dir", folder, *spared(arguments)]
        try:
            code = int(pytest.main([*fixed, *arguments]))
        except SystemExit as stop:
            code = int(stop.code or 0)
        path = Path(folder) / "report.json"
        report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Said(code, output.getvalue(), report)


def spared(arguments: Sequence[str]) -> list[str]:
    """Options for a run that `-k` leaves without what schemathesis generates: to load it takes a second."""
    chosen = next((after for before, after in pairwise(arguments) if before == "-k"), "schema")
    if "schema" in chosen or "not " in chosen:
        return []
    unused = ("test_schema.py", *(() if "lives" in chosen else ("test_lives.py",)))
    return ["-p", "no:schemathesis", *(f"--ignore={ROOT / 'conformance' / name}" for name in unused)]
