"""The bounds of the page stand in the spec alone: where the spec has another number, the suite judges by that one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from suite import ROOT

from conformance.knowledge import LARGEST_TOP

if TYPE_CHECKING:
    from pathlib import Path

JUDGED = (
    "top-maximum",
    "top-accepted",
    "tileversion-steady",
    "tileversion-combines",
    "itwinjs-steady",
    "itwinjs-combines",
)
PROGRAM = """
import sys
import pytest
from conformance import spec

spec.document()["components"]["parameters"]["top"]["schema"]["maximum"] = 500
from conformance.mock import parameters

parameters.TOP_MAXIMUM = 500
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_with_another_maximum_in_spec_and_server_what_held_holds(tmp_path: Path) -> None:
    judged = [option for name in JUDGED for option in ("--requirement", name)]
    options = ["conformance", "--seed", "1", "--report-dir", str(tmp_path), "-k", "not whatever", *judged]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    outcomes = {entry["id"]: entry["outcome"] for entry in report["requirements"] if entry["id"] in JUDGED}
    assert outcomes == dict.fromkeys(JUDGED, "holds")


def test_what_reads_the_spec_does_not_write_its_maximum_again() -> None:
    sources = [*ROOT.glob("conformance/*.py"), *ROOT.glob("conformance/checks/*.py"), ROOT / "README.md"]
    sources += [ROOT / "scripts" / "contract_program.py", ROOT / "openapi" / "templates" / "README.md.jinja"]
    near = "|".join(str(LARGEST_TOP + step) for step in (-1, 0, 1))
    written = re.compile(rf"top\D{{0,9}}\b({near})\b|Pages of {LARGEST_TOP}")
    found = {path.name: match[0] for path in sources if (match := written.search(path.read_text(encoding="utf-8")))}
    assert not found
