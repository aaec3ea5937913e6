"""The command: `python -m conformance.mock`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import data, server
from .app import Settings, create_app
from .faults import FAULTS
from .reading import READINGS, choices, compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROGRAM = "python -m conformance.mock"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        sentence = message if message.endswith(".") else f"{message[:1].upper()}{message[1:]}."
        self.exit(2, f"{sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Its arguments, in place of those of the process.

    Returns:
        The exit code.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        sys.stdout.write("\n".join(_listing()) + "\n")
        return 0
    try:
        settings = _settings(options)
        app = create_app(settings)
    except ValueError as error:
        parser.error(str(error))
    try:
        listener = server.listen(options.host, options.port)
    except (OSError, OverflowError) as error:
        parser.error(f"Cannot listen on {options.host}, port {options.port}: {error}.")
    known = "" if options.token is not None else f" (token: {settings.token})"
    sys.stdout.write(f"Serving Mesh Export on {server.url_of(listener)}{known}\n")
    sys.stdout.flush()
    try:
        server.server_of(app).run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=_PROGRAM, description="Serve the Mesh Export API on made-up data.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=8010, help="port, 0 for a free one (%(default)s)")
    parser.add_argument("--token", help="bearer token to take (mock-token)")
    parser.add_argument("--other-token", help="bearer token of another user, who may not read every iModel (none)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data (%(default)s)")
    parser.add_argument("--size", type=_count, help="number of exports (what the reading says)")
    parser.add_argument(
        "--rate", type=_count, help="requests taken in a second, 0 for no limit (what the reading says)"
    )
    parser.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="NAME",
        help="reading of the page, or freedom=value; may be repeated, the later wins",
    )
    parser.add_argument("--fault", metavar="NAME", help="break in this way")
    parser.add_argument("--data", type=Path, metavar="FILE", help="JSON file with exports in full representation")
    parser.add_argument("--list", action="store_true", help="list readings, freedoms and faults, and stop")
    return parser


def _count(text: str) -> int:
    return _number(text, 100_000)


def _port(text: str) -> int:
    return _number(text, 65_535)


def _number(text: str, maximum: int) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    if not 0 <= number <= maximum:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and {maximum}")
    return number


def _settings(options: argparse.Namespace) -> Settings:
    names = [name for names in options.reading for name in names.split(",") if name]
    named = {"token": options.token, "other_token": options.other_token}
    given = {name: token for name, token in named.items() if token is not None}
    if not all(token.isascii() and token.strip() == token != "" for token in given.values()):
        raise ValueError("A token must be ASCII, not empty, without blanks around it.")
    if options.other_token == given.get("token", Settings().token):
        raise ValueError("The other token must be another one.")
    return Settings(
        **given,
        seed=options.seed,
        size=options.size,
        rate=options.rate,
        reading=compose(names),
        fault=options.fault,
        data=data.load(options.data) if options.data is not None else None,
    )


def _listing() -> Iterator[str]:
    yield "Readings:"
    yield from (f"  {name}" for name in READINGS)
    yield "Freedoms:"
    for name, values in choices().items():
        yield f"  {name}={'|'.join(_word(value) for value in values)}"
    yield "Faults, and the requirements that they violate:"
    for fault in FAULTS.values():
        yield f"  {fault.name} [{', '.join(fault.requirements)}] {fault.description}"


def _word(value: object) -> str:
    if isinstance(value, type):
        return f"<{value.__name__}>"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
