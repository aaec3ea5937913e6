"""What all tests share: a busy machine is no failure, and no processor waits at the end."""

from __future__ import annotations

import hypothesis
import pytest

hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the many that are short behind all others: at the end no process is left with a long one."""
    items.sort(key=lambda item: item.path.stem == "test_suite_faults")
