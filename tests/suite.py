"""The suite as the tests call it: one run in this process, and what it said."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "tok-AbCdef-0123456789"


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


def judge(url: str, *options: str, token: str = TOKEN, probes: str = "conformance") -> Said:
    """Run the suite against a server."""
    output = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        before = os.environ.get("MESH_EXPORT_TOKEN")
        os.environ["MESH_EXPORT_TOKEN"] = token
        ini = ROOT / "conformance" / "pytest.ini"
        arguments = [
            str(ROOT / probes),
            "-c",
            str(ini),
            "--url",
            url,
            "--report-dir",
            folder,
            "-p",
            "no:xdist",
            *options,
        ]
        try:
            code = int(pytest.main(arguments))
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            if before is None:
                del os.environ["MESH_EXPORT_TOKEN"]
            else:
                os.environ["MESH_EXPORT_TOKEN"] = before
        path = Path(folder) / "report.json"
        report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Said(code, output.getvalue(), report)
