"""An OpenAPI document as a file that a person edits: its parts by JSON pointer, and the line that each stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class SpecFile:
    """A document in YAML, with the lines of its parts.

    Attributes:
        path: Where it is, as messages name it.
        document: The parsed document.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        self.path = path
        self.document: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
        self._root = yaml.compose(text, yaml.CSafeLoader)

    def at(self, pointer: str) -> Any:
        """The part that a pointer such as `#/components/parameters/top` names; None where there is none."""
        node: Any = self.document
        for name in _names(pointer):
            if isinstance(node, list):
                node = node[int(name)] if name.isdigit() and int(name) < len(node) else None
            else:
                node = node.get(name) if isinstance(node, dict) else None
        return node

    def follow(self, pointer: str) -> str:
        """The pointer that a reference at `pointer` leads to in the end; `pointer` itself where there is none."""
        while isinstance(node := self.at(pointer), dict) and "$ref" in node:
            pointer = node["$ref"]
        return pointer

    def place(self, pointer: str) -> str:
        """The file and line of a part or, where there is no such part, of the nearest one that it would stand in."""
        node, mark = self._root, 0
        for name in _names(pointer):
            found = _child(node, name)
            if found is None:
                break
            node, mark = found
        return f"{self.path}:{mark + 1}"


def pointer_to(*names: str | int) -> str:
    """The JSON pointer of a part by the names on the way to it."""
    return "/".join(("#", *(str(name).replace("~", "~0").replace("/", "~1") for name in names)))


def _names(pointer: str) -> list[str]:
    names = pointer.removeprefix("#").strip("/").split("/")
    return [name.replace("~1", "/").replace("~0", "~") for name in names if name]


def _child(node: yaml.Node | None, name: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value, key.start_mark.line
    if isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
        item = node.value[int(name)]
        return item, item.start_mark.line
    return None
