"""The folder of a run's report, each file in it written at once or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from conformance.report.html import html
from conformance.report.junit import junit
from conformance.report.markdown import markdown
from conformance.report.shown import Report


def write(folder: Path, report: Report) -> Path:
    """Write a report into a folder, in each of its forms.

    Returns:
        The path of `report.json`.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # What the others are made from comes first: if there is no room for them, it is there.
    path = _write(folder / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    _write(folder / "junit.xml", junit(report))
    _write(folder / "summary.md", markdown(report))
    _write(folder / "report.html", html(report))
    return path


def _write(path: Path, text: str) -> Path:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    os.replace(file.name, path)  # noqa: PTH105  atomic, and the name of a temporary file is text
    return path
