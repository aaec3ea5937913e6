"""What of a package's Python interface no longer works, and what it has new.

griffe compares what it reads from two packages. Three things that it cannot see are made up for here: that
`**options: Unpack[…]` takes a closed list of keywords, and no other; that a parameter takes fewer values than it did;
and that a function has a new parameter. Whom a change of the spec breaks, and which version comes next, is
`scripts/spec_diff.py`'s business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import griffe

PACKAGE: Final = "mesh_export_client"
_Object: TypeAlias = griffe.Object | griffe.Alias


def load(folder: Path) -> _Object:
    """Read the package in a folder, without importing it."""
    package = griffe.load(PACKAGE, search_paths=[folder])
    for function in _functions(package):
        for parameter in function.parameters:
            if parameter.kind is griffe.ParameterKind.var_keyword and _text(parameter.annotation).startswith("Unpack["):
                # Else griffe takes it to swallow every keyword that went.
                parameter.kind = griffe.ParameterKind.keyword_only
    return package


def broken(before: _Object, after: _Object) -> list[str]:
    """What no longer works, one sentence each."""
    shown = {canonical: path for canonical, (path, _) in _public(after).items()}
    return list(dict.fromkeys([*_breakages(before, after, shown), *_narrowed(before, after, shown)]))


def added(before: _Object, after: _Object) -> list[str]:
    """What is new, by its path; of a new object its path alone."""
    there, now = (dict(_public(package).values()) for package in (before, after))
    new = {path for path in now if path not in there}
    return [path for path, owner in now.items() if path in new and owner not in new]


def _breakages(before: _Object, after: _Object, shown: Mapping[str, str]) -> Iterator[str]:
    for breakage in griffe.find_breaking_changes(before, after):
        place, what = breakage.obj.path, breakage.kind.value.lower()
        sides = [breakage.old_value, breakage.new_value]
        parameters = [side for side in sides if isinstance(side, griffe.Parameter)]
        if parameters:
            values = _told_apart(breakage.kind, *parameters) if len(parameters) == len(sides) else ""
            yield f"`{shown.get(place, place)}({parameters[0].name})`: {what}{values}"
        elif breakage.kind is not griffe.BreakageKind.OBJECT_REMOVED:
            yield f"`{place}`: {what} ({' → '.join(str(side) for side in sides if side is not None)})"
        elif not breakage.obj.inherited:  # where it is inherited from, it is named, too
            yield f"`{place}`: {what}"


def _told_apart(kind: griffe.BreakageKind, there: griffe.Parameter, now: griffe.Parameter) -> str:
    if kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        return f" ({there.default} → {now.default})"
    if kind is griffe.BreakageKind.PARAMETER_CHANGED_KIND and there.kind and now.kind:
        return f" ({there.kind.value} → {now.kind.value})"
    return ""


def _narrowed(before: _Object, after: _Object, shown: Mapping[str, str]) -> Iterator[str]:
    """The values that a parameter took and no longer takes, as far as annotations tell."""
    now = {function.path: function for function in _functions(after)}
    for function in (function for function in _functions(before) if function.path in now):
        stayed = {parameter.name: parameter for parameter in now[function.path].parameters}
        for there in (parameter for parameter in function.parameters if parameter.name in stayed):
            here = stayed[there.name]
            lost = [value for value in _admitted(there) if value not in _admitted(here)]
            if here.required and not there.required and "None" in lost:
                lost.remove("None")  # that it is now required says as much
            if lost and here.annotation is not None:
                place = shown.get(function.path, function.path)
                yield f"`{place}({there.name})`: no longer takes {', '.join(f'`{value}`' for value in lost)}"


def _admitted(parameter: griffe.Parameter) -> list[str]:
    """The types and values that a parameter takes, taken out of `|` and `Literal[…]`."""
    text = _text(parameter.annotation)
    return list(_alternatives(ast.parse(text, mode="eval").body)) if text else []


def _alternatives(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BinOp):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
        values = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield from map(ast.unparse, values)
    else:
        yield ast.unparse(node)


def _text(annotation: str | griffe.Expr | None) -> str:
    return "" if annotation is None else str(annotation)


def _functions(owner: _Object) -> Iterator[griffe.Function]:
    """Every public function and method, where it is defined; what constructs an object is among them."""
    for member in owner.members.values():
        if isinstance(member, griffe.Function) and (member.is_public or member.name == "__init__"):
            yield member
        elif isinstance(member, (griffe.Module, griffe.Class)):
            yield from _functions(member)


def _public(package: _Object) -> dict[str, tuple[str, str]]:
    """By its definition everything public: the path where it is shortest, and the owner's path."""
    paths: dict[str, tuple[str, str]] = {}
    for canonical, path, owner in _walk(package):
        paths.setdefault(canonical, (path, owner))
    return paths


def _walk(owner: _Object) -> Iterator[tuple[str, str, str]]:
    """The path of the definition, the path and the owner's path of everything public, modules last."""
    public = [member for member in owner.members.values() if member.is_public and _ours(member)]
    for member in sorted(public, key=lambda member: member.is_module):
        yield member.canonical_path, member.path, owner.path
        if member.is_module or member.is_class:
            yield from _walk(member)
        defined = member.final_target if isinstance(member, griffe.Alias) else member
        if isinstance(defined, (griffe.Function, griffe.Class)):
            names = (f"({parameter.name})" for parameter in defined.parameters)
            yield from ((member.canonical_path + name, member.path + name, member.path) for name in names)


def _ours(member: _Object) -> bool:
    """Whether a member is the package's own, and not what Python calls by itself."""
    if member.name.startswith("__"):
        return False
    return not isinstance(member, griffe.Alias) or member.target_path.startswith(PACKAGE)
