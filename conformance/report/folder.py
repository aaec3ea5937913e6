"""The folder of a run's report, each file in it written at once or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write(folder: Path, report: dict[str, Any]) -> Path:
    """Write a report into a folder.

    Returns:
        The path of `report.json`.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _write(path: Path, text: str) -> Path:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(text.encode("utf-8", "replace"))
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    os.replace(file.name, path)  # noqa: PTH105  atomic, and the name of a temporary file is text
    return path
