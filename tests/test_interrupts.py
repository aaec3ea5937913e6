"""An interrupt does not cut in two what must be done first."""

from __future__ import annotations

import signal

import pytest

from conformance import interrupts


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


def test_an_interrupt_that_is_ignored_does_not_come() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.ignored():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before
