"""Every check can fail, and none is there for nothing: without it a fault goes unseen that is seen with it.

The same for every relation, where the checks that hold a list against the walk are away: they see most of it, too.
"""

from __future__ import annotations

import pytest
from suite import TOKEN, judge, narrowly

from conformance.checks import CHECKS
from conformance.mock import FAULTS, Settings, serve
from conformance.relations import RELATIONS

NEEDED_FOR = {
