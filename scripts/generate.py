"""Make `generated/` from the spec, or with `--check` prove that it is what the spec gives.

The work is done by openapi-python-client with the templates in `openapi/templates/`. This script does what its
command line cannot: it gives names that a Python programmer would choose, hands to the templates the facts of the
spec that the generator's own objects do not carry (`scripts/spec_facts.py`), and renders the modules that the generator
has no place for. It never touches the text of what was rendered; ruff sorts the imports and lays the code out.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import StrictUndefined
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.bodies import BodyType
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties import ModelProperty, Property
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import safe_for_docstring

from scripts.spec_facts import Facts, GenerationError, members, python_name, read_facts, value_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi_python_client.parser.openapi import Endpoint

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi" / "mesh-export.yaml"
SETTINGS = ROOT / "openapi" / "generator.yaml"
TEMPLATES = ROOT / "openapi" / "templates"
OUTPUT = ROOT / "generated"

LEFTOVERS = {"__pycache__", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
TWINS: dict[str, dict[str, Any]] = {
    "": {"asynchronous": False, "Async": "", "async_": "", "await_": ""},
    "async_": {"asynchronous": True, "Async": "Async", "async_": "async ", "await_": "await "},
}


def read_project(spec_path: Path, output: Path) -> Project:
    """Have the generator read the spec, and add to it what it does not know.

    Raises:
        GenerationError: The generator cannot read the spec, or would leave a part of it out.
    """
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    spec = yaml.safe_load(spec_path.read_text(encoding="utf-8"))
    config = Config.from_sources(
        ConfigFile(**settings), MetaType.UV, spec_path, file_encoding="utf-8", overwrite=True, output_path=output
    )
    data = GeneratorData.from_dict(for_generator(spec), config=config)
    if isinstance(data, GeneratorError):
        raise GenerationError(f"{data.header}: {data.detail}")
    name_members(data, config, settings["words"])
    facts = read_facts(spec, settings, data)
    name_parameters(data, facts, config)
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    project.env.undefined = StrictUndefined
    project.env.filters["wire"] = lambda text: text.get_untrusted_value() if isinstance(text, UntrustedString) else text
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    project.env.filters["tuple_code"] = lambda values: repr(tuple(values))
    project.env.filters["docstring"] = docstring
    project.env.globals.update(
        facts=facts, value_name=value_name, body_members=lambda endpoint: body_members(endpoint, models)
    )
    return project


def for_generator(node: Any) -> Any:
    """Copy a spec in the form that suits the generator.

    A schema's open list of values becomes an `enum`, from which the generator makes a class; the templates write it as
    open again. A parameter's list goes: it needs no class, the templates have it from `Facts`.
    """
    if isinstance(node, list):
        return [for_generator(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: for_generator(value) for key, value in node.items()}
    if "x-extensible-enum" in copy:
        copy["enum"] = copy["x-extensible-enum"]
    if "in" in copy and "schema" in copy:
        copy["schema"].pop("enum", None)
    return copy


def name_members(data: GeneratorData, config: Config, words: list[str]) -> None:
    """Rename the members of the models that the generator has read."""
    for model in data.models:
        for member in members(model):
            name = python_name(member.name.get_untrusted_value(), words)
            member.set_python_name(UntrustedString(name), config)


def name_parameters(data: GeneratorData, facts: Facts, config: Config) -> None:
    """Rename the parameters that the generator has read."""
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for location, parameter in endpoint.iter_all_parameters():
                fact = facts.operations[endpoint.name].parameters[location, parameter.name.get_untrusted_value()]
                parameter.set_python_name(UntrustedString(fact.name), config)


def body_members(endpoint: Endpoint, models: Mapping[str, ModelProperty]) -> list[Property]:
    """List the members of the object that an endpoint takes as its body, each of which is an argument.

    Raises:
        GenerationError: It takes something else, for which there is no template.
    """
    if not endpoint.bodies:
        return []
    body = endpoint.bodies[0]
    if body.body_type != BodyType.JSON or not isinstance(body.prop, ModelProperty):
        raise GenerationError(f"The body of {endpoint.name} is not a JSON object.")
    return members(models[body.prop.class_info.name])


def docstring(text: str, indent: int, note: str = "") -> str:
    """Write a text as a docstring: its first sentence, a blank line, the rest in lines of a readable length."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in safe_for_docstring(text).split("\n\n")]
    summary, _, rest = paragraphs[0].partition(". ")
    summary = summary if summary.endswith((".", "!", "?")) else f"{summary}."
    lines = [line for paragraph in [rest, *paragraphs[1:], note] if paragraph for line in ["", *wrap(paragraph, 110)]]
    body = "".join(f"\n{' ' * indent}{line}" if line else "\n" for line in lines)
    closing = f"\n{' ' * indent}" if lines else ""
    return f'"""{summary}{body}{closing}"""'


def render_modules(project: Project) -> None:
    """Render the modules that the generator has no place for.

    A template in `runtime/` gives one module of its name. One in `twins/` gives two, for `def` and for `async def`. One
    that renders to nothing gives none. Each group of operations has a module beside those of its operations.
    """
    for template in sorted((TEMPLATES / "runtime").glob("*.jinja")):
        render(project, f"runtime/{template.name}", template.stem, {})
    for template in sorted((TEMPLATES / "twins").glob("*.jinja")):
        for prefix, variables in TWINS.items():
            render(project, f"twins/{template.name}", f"_{prefix}{template.stem}", variables)
    for tag, collection in project.openapi.endpoint_collections_by_tag.items():
        render(project, "group.py.jinja", f"api/{tag}/group.py", {"endpoint_collection": collection})


def render(project: Project, template: str, module: str, variables: Mapping[str, Any]) -> None:
    """Render one template into the package."""
    text = project.env.get_template(template).render(variables)
    if text.strip():
        (project.package_dir / module).write_text(text, encoding="utf-8")


def refuse_namesakes(module: Path) -> None:
    """Refuse a module in which one class hides another.

    Raises:
        GenerationError: Two of its classes have one name.
    """
    names = [node.name for node in ast.parse(module.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise GenerationError(
            f"Two errors would be called {', '.join(twice)}: give one another name under `errors` in {SETTINGS.name}."
        )


def lay_out(folder: Path) -> None:
    """Sort the imports and lay out the code, whatever the working folder and the user's own settings are."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    common = ["--isolated", "--no-cache", "--quiet", "--target-version", "py311", "--line-length", "120"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    for command in (["check", "--fix", "--select", "F401,I"], ["format"]):
        finished = subprocess.run(
            [ruff, *command, *common, "."], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise GenerationError(f"ruff {command[0]} failed:\n{finished.stdout}{finished.stderr}")


def generate(spec_path: Path, output: Path) -> None:
    """Make the package in a folder of its own.

    Args:
        spec_path: The spec.
        output: The folder to make it in, which must be empty or absent.

    Raises:
        GenerationError: The spec or a template does not give a package.
    """
    project = read_project(spec_path, output)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the folder that it writes to
        errors = project.build()
    if errors:
        raise GenerationError("\n".join(f"{error.header}: {error.detail}" for error in errors))
    render_modules(project)
    refuse_namesakes(project.package_dir / "errors.py")
    shutil.copyfile(ROOT / "LICENSE", output / "LICENSE")
    lay_out(output)


def files_of(folder: Path) -> dict[str, str]:
    """Read the files of a package, what builds and tools leave behind apart."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and LEFTOVERS.isdisjoint(path.relative_to(folder).parts)
    }


def difference(there: Mapping[str, str], made: Mapping[str, str]) -> str:
    """Show what differs between two packages as one unified diff."""
    lines: list[str] = []
    for name in sorted({*there, *made}):
        before, after = (files.get(name, "").splitlines(keepends=True) for files in (there, made))
        origin = f"generated/{name}" if name in there else "/dev/null"
        target = f"generated/{name}" if name in made else "/dev/null"
        if there.get(name) != made.get(name):
            lines += list(difflib.unified_diff(before, after, origin, target)) or [f"{origin} -> {target}\n"]
    return "".join(lines)


def replace(output: Path, there: Mapping[str, str], made: Mapping[str, str]) -> None:
    """Bring a package to a new state, touching only the files that differ."""
    for name in there.keys() - made.keys():
        (output / name).unlink()
    for name, text in made.items():
        if there.get(name) != text:
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Make the client package from the spec.")
    parser.add_argument("--check", action="store_true", help="change nothing; show what differs and exit with 1")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the spec to read")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of the package")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            generate(options.spec, Path(folder) / "generated")
        except GenerationError as error:
            print(error, file=sys.stderr)
            return 2
        made = files_of(Path(folder) / "generated")
    there = files_of(options.output) if options.output.exists() else {}
    if options.check:
        found = difference(there, made)
        print(found, end="")
        if found:
            print("The package is not what the spec gives: run `make generate`.", file=sys.stderr)
        return 1 if found else 0
    replace(options.output, there, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
