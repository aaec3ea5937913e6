"""What the spec calls deprecated and a run made use of stands in the report; the verdict does not change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from scratch import ROOT, SPEC, edit


def deprecate(spec: Any) -> None:
    schemas, parameters = spec["components"]["schemas"], spec["components"]["parameters"]
    parameters["skip"]["deprecated"] = True
    parameters["prefer"]["deprecated"] = True
    schemas["MinimalExport"]["properties"]["displayName"]["deprecated"] = True
    schemas["ExportListLinks"]["properties"]["prev"]["deprecated"] = True
    schemas["Link"]["deprecated"] = True
    spec["paths"]["/mesh-export/"]["get"]["deprecated"] = True


def notes(folder: Path) -> list[str]:
    """The notes of a narrow run of the suite in a folder, as they stand both on the terminal and in the report."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "conformance",
        "--requirement",
        "prefer-minimal",
        "--report-dir",
        "report",
    ]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    return [note for note in report["notes"] if note in finished.stdout]


def test_what_is_deprecated_and_was_used_is_noted(tmp_path: Path) -> None:
    for name in ("openapi", "conformance"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    edit(tmp_path / SPEC, deprecate)
    (noted,) = [note for note in notes(tmp_path) if "deprecated" in note]
    assert noted.startswith("Used although deprecated: member ExportLinks.mesh, member ExportListLinks.next, ")
    assert "member MinimalExport.displayName, operation listExports, parameter " in noted
