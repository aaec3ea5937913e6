"""An interrupt does not cut in two what must be done first."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

import pytest
from suite import ROOT

from conformance import interrupts
from conformance.verdict import ExitCode


def interrupted(done: list[str], failure: Exception | None = None) -> None:
    with interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("after the interrupt")
        if failure:
            raise failure


@pytest.mark.parametrize("failure", [None, ValueError()])
def test_an_interrupt_that_is_held_back_comes_when_the_work_is_over(failure: Exception | None) -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(done, failure)
    assert done


_WHERE_WHAT_IS_RAISED_IS_LOST = """
import contextlib, signal
from conformance import interrupts
print("begun")
with interrupts.too_early(), contextlib.suppress(BaseException):
    signal.raise_signal(signal.SIGTERM)
print("not reached")
"""


def test_an_interrupt_that_comes_too_early_ends_with_one_sentence() -> None:
    call = [sys.executable, "-c", _WHERE_WHAT_IS_RAISED_IS_LOST]
    run = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == ExitCode.SUITE_FAILED
    assert (run.stdout, run.stderr) == ("begun\n", "Interrupted before anything was judged.\n")


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_kill_is_an_interrupt_like_another(kind: signal.Signals) -> None:
    before = signal.signal(kind, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts.raised():
            signal.raise_signal(kind)
    finally:
        signal.signal(kind, before)


def test_an_interrupt_that_is_lost_on_its_way_is_known() -> None:
    with interrupts.raised() as came:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert came == [signal.SIGINT]


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_ignored_before_stays_so(kind: signal.Signals) -> None:
    before = signal.signal(kind, signal.SIG_IGN)
    try:
        with interrupts.raised():
            signal.raise_signal(kind)
    finally:
        signal.signal(kind, before)


def test_an_interrupt_that_is_ignored_does_not_come() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.ignored():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before
