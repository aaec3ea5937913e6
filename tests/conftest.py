"""What all tests share: a busy machine is no failure."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")
