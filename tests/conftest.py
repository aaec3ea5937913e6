"""What all tests share: a busy machine is no failure."""

from __future__ import annotations

import gc

import hypothesis

hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays: thousands of tests, and the libraries, in each process."""
    gc.collect()
    gc.freeze()
