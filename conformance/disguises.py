"""Credentials that must not be accepted: made up, malformed, or made from the good token.

Each has a name, which tells how it is made and holds nothing of the token: a report shows it and can be replayed.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from conformance.exchange import Credential, CredentialKind

_NEVER_GIVEN: Final = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl"
NEVER_GIVEN: Final = Credential(CredentialKind.WRONG, f"Bearer {_NEVER_GIVEN}", "a token that was never given")
NOBODYS_KEY: Final = Credential(CredentialKind.WRONG, "Basic bm9ib2R5OmtleQ==", "a share key that was never given")


def never_given() -> list[Credential]:
    """Tokens that no issuer made."""
    tokens = {
        "x": "x",
        "null": "null",
        "undefined": "undefined",
        "a long token that was never given": _NEVER_GIVEN * 12,
    }
    respelled = Credential(CredentialKind.WRONG, f"bearer {_NEVER_GIVEN}", "a token that was never given, for bearer")
    return [
        *(Credential(CredentialKind.WRONG, f"Bearer {token}", name) for name, token in tokens.items()),
        respelled,
    ]


def malformed(token: str) -> list[Credential]:
    """Values of `Authorization` that are no credential; those made from the token first, where there is one."""
    of_the_token = {
        "the token without a scheme": token,
        "the scheme and the token without a blank": f"Bearer{token}",
        "two blanks, and a letter behind the token": f"Bearer  {token} x",
        "the token in quotation marks": f'Bearer "{token}"',
    }
    without = (
        "", "Bearer", "Bearer ,", "bearer=x", "x", "Bearer null null", ":", "Bearer Bearer", "Basic", "Basic !",
        "Bearer \u00fc",
    )  # fmt: skip
    values = {**(of_the_token if token else {}), **{repr(text): text for text in without}, "3000 times =": "=" * 3000}
    return [Credential(CredentialKind.MALFORMED, value, name) for name, value in values.items()]


def near_misses(token: str) -> list[Credential]:
    """Credentials made from the good token, the most telling first."""
    near = {
        "the token without its last character": token.rstrip("=")[:-1],
        "a letter behind the token": _with_a_letter_behind(token),
        "the token with another last character": _with_another_end(token),
        "the token with another first character": _with_another(token, 0),
        "the token with upper and lower case exchanged": token.swapcase(),
        "the token in upper case": token.upper(),
        "the token in lower case": token.lower(),
        "the token backwards": token[::-1],
        "half of the token": token[: len(token) // 2],
        "the token with another character in its middle": _with_another(token, len(token) // 2),
        "a full stop behind the token": f"{token}.",
        "a letter before the token": f"x{token}",
        "a blank and a letter behind the token": f"{token} x",
        "a letter and a blank before the token": f"x {token}",
        "the scheme twice": f"Bearer {token}",
        "the token with its first character escaped": f"%{ord(token[0]):02X}{token[1:]}",
        "the token twice": f"{token},{token}",
        "the token without its first character": token[1:],
    }
    named = {value: name for name, value in reversed(near.items()) if value and value != token}
    tokens = [
        Credential(CredentialKind.NEAR_MISS, f"Bearer {value}", named[value])
        for value in dict.fromkeys(value for value in near.values() if value in named)
    ]
    encoded = base64.b64encode(f"{token}:".encode()).decode()
    schemes = {
        "Basic, with the token as a user": f"Basic {encoded}",
        **{f"{scheme} for Bearer": f"{scheme} {token}" for scheme in _OTHER_SCHEMES},
    }
    others = [Credential(CredentialKind.OTHER_SCHEME, value, name) for name, value in schemes.items()]
    return [tokens[0], others[0], tokens[1], others[1], *tokens[2:], *others[2:]]


def _with_another(token: str, place: int) -> str:
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def _with_a_letter_behind(token: str) -> str:
    longer = f"{token}x"
    return longer if _read(longer) != _read(token) else token.rstrip("=") + "xxxx"


def _with_another_end(token: str) -> str:
    # The last character of a base64 text may hold bits that nobody reads; the middle of its last part has none.
    for place in (len(token) - 1, (token.rfind(".") + len(token)) // 2):
        other = _with_another(token, place)
        if _read(other) != _read(token):
            break
    return other


def _read(token: str) -> tuple[bytes, ...]:
    """What a lenient decoder makes of each part of a token: what is over at its end is left out, and what is padded."""
    ends = [part.partition("=")[0] for part in token.split(".")]
    parts = [_NOT_BASE64.sub("", part.replace("-", "+").replace("_", "/")) for part in ends]
    return tuple(base64.b64decode(part[: len(part) - (len(part) % 4 == 1)] + "===") for part in parts)


_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_OTHER_SCHEMES: Final = ("Basic", "Bear", "Bearers", "Token", "Digest", "Negotiate", "ApiKey")


def named(name: str, token: str) -> Credential | None:
    """The credential of a name, made from this token; None where there is none."""
    every = [NEVER_GIVEN, NOBODYS_KEY, *never_given(), *malformed(token), *(near_misses(token) if token else ())]
    return next((each for each in every if each.name == name), None)
