"""Reads `report.json`, and holds it against its JSON Schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

SCHEMA: Final = "urn:mesh-export-conformance:report"
VERSION: Final = 1
"""Raised when a reader of the version before could not read it."""


class InvalidReportError(ValueError):
    """A file is not a report that this version of the suite can read; the message says what to do."""


@cache
def _validator() -> jsonschema_rs.Validator:
    text = Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)


def validate(report: Any) -> None:
    """Hold a report against the schema.

    Raises:
        InvalidReportError: It is none, or one of another version.
    """
    version = report.get("version") if isinstance(report, dict) else None
    if isinstance(version, int) and version != VERSION:
        raise InvalidReportError(f"The report has version {version}, and this suite reads {VERSION}: judge again.")
    if _validator().is_valid(report):
        return
    for error in _validator().iter_errors(report):
        place = "/".join(str(step) for step in error.instance_path) or "the whole"
        raise InvalidReportError(f"This is not a report of the suite: {place} is not as its schema says.")


def read(path: Path) -> dict[str, Any]:
    """The report in a file, or in the `report.json` of a folder.

    Raises:
        InvalidReportError: There is none that can be read.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        report = json.loads(file.read_bytes())
    except OSError as error:
        raise InvalidReportError(f"{file} cannot be read ({error.strerror}): give a report of the suite.") from None
    except ValueError:
        raise InvalidReportError(f"{file} is no JSON: give the report.json of a run.") from None
    try:
        validate(report)
    except InvalidReportError as error:
        raise InvalidReportError(f"{file}: {error}") from None
    return report  # type: ignore[no-any-return]
