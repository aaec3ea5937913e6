"""What the Python interface of the package loses and gains is noticed, where griffe alone sees nothing, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import python_interface

CLIENT = '''
from typing import Literal, TypedDict, Unpack

class Options(TypedDict, total=False):
    timeout: float

class Exports:
    """The exports."""

    def list(
        self, *, top: int | None = None, representation: Literal["minimal", "full"] | None = None,
        **options: Unpack[Options],
    ) -> None:
        """List them."""

    def get(self, id: str, /, *rest: object, **headers: str) -> None:
        """Get one."""
'''
LIST = "mesh_export_client.Exports.list"


def compared(tmp_path: Path, *edits: tuple[str, str]) -> tuple[list[str], list[str]]:
    after = CLIENT
    for there, now in edits:
        assert there in after
        after = after.replace(there, now)
    packages = []
    for name, text in (("before", CLIENT), ("after", after)):
        folder = tmp_path / name / "mesh_export_client"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(text, encoding="utf-8")
        packages.append(python_interface.load(folder.parent))
    return python_interface.broken(*packages), python_interface.added(*packages)


@pytest.mark.parametrize(
    ("there", "now", "broken", "added"),
    [
        ("representation:", "fullness:", ["(representation)`: parameter was removed"], ["(fullness)"]),
        ("top: int | None = None, ", "", ["(top)`: parameter was removed"], []),
        ("self, *, top: int | None = None", "self, *, top: int", ["(top)`: parameter is now required"], []),
        ("self, *, top", "self, *, region: str, top", ["(region)`: parameter was added as required"], ["(region)"]),
        ("self, *, top", "self, *, region: str = '', top", [], ["(region)"]),
        ("top: int | None = None", "top: int | None = 5", ["(top)`: parameter default was changed (None → 5)"], []),
        ("top: int |", "top: str |", ["(top)`: no longer takes `int`"], []),
        ('Literal["minimal", ', 'Literal["least", ', ["(representation)`: no longer takes `'minimal'`"], []),
        ("**options: Unpack[Options],", "", ["(options)`: parameter was removed"], []),
        ("top: int |", "top: int | str |", [], []),
    ],
)
def test_a_keyword_that_callers_use_does_not_change_unnoticed(
    tmp_path: Path, there: str, now: str, broken: list[str], added: list[str]
) -> None:
    expected = [f"`{LIST}{sentence}" for sentence in broken], [LIST + name for name in added]
    assert compared(tmp_path, (there, now)) == expected


def test_an_option_that_went_is_named(tmp_path: Path) -> None:
    broken, _ = compared(tmp_path, ("    timeout: float", "    deadline: float"))
    assert broken == ["`mesh_export_client.Options.timeout`: public object was removed"]


def test_keywords_that_any_name_stands_for_are_left_as_they_are(tmp_path: Path) -> None:
    there = "def get(self, id: str, /, *rest: object, **headers: str)"
    assert compared(tmp_path, (there, "def get(self, id: str, /, *rest: object, tag: str = '', **headers: str)")) == (
        [],
        ["mesh_export_client.Exports.get(tag)"],
    )


def test_a_new_class_is_named_once_and_what_python_calls_by_itself_is_not(tmp_path: Path) -> None:
    new = "\n\nclass Deprecated:\n    def __len__(self) -> int: ...\n    def old(self, a: int): ...\n"
    ours = "    def __getattribute__(self, name: str) -> object: ...\n\n    def get("
    assert compared(tmp_path, ("    def get(", ours), ('"""Get one."""\n', f'"""Get one."""\n{new}')) == (
        [],
        ["mesh_export_client.Deprecated"],
    )
