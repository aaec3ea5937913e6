"""The command `mesh-export-conformance`: the suite without a clone, and what a team does with its reports.

A plain run is pytest with the suite's own configuration; what the other commands do is their modules' business.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from conformance import compare, history, report, spec
from conformance.explain import UnknownRequirementError, explain
from conformance.invocation import suite
from conformance.options import OPTIONS
from conformance.replay import ReplayError, find, replay
from conformance.report import InvalidReportError
from conformance.verdict import ExitCode
from conformance.wording import nearest

_PROGRAM: Final = "mesh-export-conformance"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        sentence = message if message.endswith((".", "?")) else f"{message[:1].upper()}{message[1:]}."
        self.exit(ExitCode.WRONG_USE, f"{sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a server, or do what the first argument names.

    Args:
        arguments: A command and its options as on the command line; those of the process where None.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    first = given[0] if given else "run"
    if first in _COMMANDS:
        parser = _parser()
        chosen, options = parser.parse_known_args(given)
        if options and first not in _TAKING_OPTIONS:
            parser.error(f"{first} does not take {options[0]}: {first} --help says what it takes.")
        return _COMMANDS[first](parser, chosen, options)
    if first == "run":
        del given[:1]
    elif not first.startswith("-"):
        end = nearest(first, ["run", *_COMMANDS], ": --help lists those that there are.")
        sys.stderr.write(f"There is no command {first!r}{end}\n")
        return ExitCode.WRONG_USE
    return _run(given)


def _run(options: list[str]) -> int:
    if {"-h", "--help"} & set(options):
        _parser().print_help()
        return ExitCode.CONFORMS
    if "--version" in options:
        print(_PROGRAM, spec.version())  # noqa: T201
        return ExitCode.CONFORMS
    return suite(options)


def _tell(text: str) -> None:
    """Print; a reader who has had enough, as `head` has, changes nothing of the exit code."""
    try:
        print(text, flush=True)  # noqa: T201
    except BrokenPipeError:
        # What Python still writes at its end must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(parser: argparse.ArgumentParser, chosen: argparse.Namespace, _options: list[str]) -> int:
    try:
        _tell(explain(chosen.id))
    except UnknownRequirementError as error:
        parser.error(str(error))
    return ExitCode.CONFORMS


def _compare(parser: argparse.ArgumentParser, chosen: argparse.Namespace, _options: list[str]) -> int:
    try:
        *before, new = [report.read(path) for path in chosen.reports]
    except InvalidReportError as error:
        parser.error(str(error))
    if len(before) > 1:
        parser.error("Give two reports, or one where there is none before it.")
    if chosen.history and not chosen.history.is_dir():
        parser.error(f"There is no folder {chosen.history}: give the one that --history of a run has kept.")
    past = history.read(chosen.history) if chosen.history else []
    comparison = compare.compare(before[0] if before else None, new, past)
    _tell(_FORMS[chosen.form](comparison))
    return ExitCode.DOES_NOT_CONFORM if comparison.new else ExitCode.CONFORMS


_FORMS: Final = {"text": compare.as_text, "json": compare.as_json, "markdown": compare.as_markdown}


def _replay(parser: argparse.ArgumentParser, chosen: argparse.Namespace, options: list[str]) -> int:
    try:
        code, said = replay(find(chosen.report, chosen.finding), options)
    except ReplayError as error:
        parser.error(str(error))
    _tell(said)
    return code


_Handler = Callable[[argparse.ArgumentParser, argparse.Namespace, list[str]], int]
_COMMANDS: Final[Mapping[str, _Handler]] = {
    "explain": _explain,
    "compare": _compare,
    "replay": _replay,
}
_TAKING_OPTIONS: Final = frozenset({"replay"})
"""Commands that begin a run, and hand it its options."""


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_PROGRAM,
        usage="%(prog)s [run] [OPTIONS]\n       %(prog)s COMMAND …",
        description="Say whether an endpoint of the Mesh Export API keeps the promises of its documentation page.",
        epilog="Options of pytest, such as -k and -x, work for a run too. "
        "Exit codes: 0 conforms, 1 does not, 2 wrong use, 3 no API to judge, 4 too little to judge, "
        "5 the run could not be finished, or the suite failed.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {spec.version()}")
    options = parser.add_argument_group("options of a run")
    for option in OPTIONS:
        text = f"{option.help} Default: {option.default}.".replace("%", "%%")
        if option.metavar is None:
            options.add_argument(option.flag, action="store_true", help=text)
        else:
            options.add_argument(option.flag, metavar=option.metavar, help=text)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.add_parser("run", help="judge a server (what is done without a command)", add_help=False)
    _add_explain(commands)
    _add_compare(commands)
    _add_replay(commands)
    return parser


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "what stands behind a requirement: its promise, its ground, what is checked and how, what breaks it"
    explain_parser = commands.add_parser("explain", help=text, description=f"Print {text}.", allow_abbrev=False)
    explain_parser.add_argument("id", metavar="ID", help="the requirement, such as top-maximum")


def _add_compare(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "what a report says that the one before it did not: new, fixed, still there, flaky"
    parser = commands.add_parser(
        "compare",
        help=text,
        usage=f"{_PROGRAM} compare [--history DIR] [--json | --markdown] [OLD] NEW",
        description=f"Print {text}. Exit codes: 0 nothing is new, 1 something is, 2 wrong use.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "reports", metavar="REPORT", nargs="+", type=Path, help="report.json, or the folder that has it"
    )
    parser.add_argument(
        "--history", metavar="DIR", type=Path, help="past runs: what is flaky, and what OLD does not say"
    )
    form = parser.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"print it as {name}")
    parser.set_defaults(form="text")


def _add_replay(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "send the smallest exchange of a finding again and say whether it still fails"
    parser = commands.add_parser(
        "replay",
        help=text,
        usage=f"{_PROGRAM} replay REPORT FINDING [--url URL] [OPTIONS]",
        description=f"{text.capitalize()}. What one exchange does not show is left to the probes of its requirement. "
        "Options are those of a run; URL, seed and profile are the report's unless given. "
        "Exit codes: 0 it does not fail any more, 1 it still fails, 2 wrong use, 3 no answer, 4 it cannot be told.",
        allow_abbrev=False,
    )
    parser.add_argument("report", metavar="REPORT", type=Path, help="report.json, or the folder that has it")
    parser.add_argument("finding", metavar="FINDING", help="fingerprint or its beginning, or requirement")


if __name__ == "__main__":
    sys.exit(main())
