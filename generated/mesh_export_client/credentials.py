"""Credentials other than a token: the grant for services and share keys.

How they are sent, and when they are renewed, is the client's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ._links import clean_base_url

ISSUER = "https://ims.bentley.com"
SCOPE = "itwin-platform"
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path, not a token


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The OAuth 2.0 client-credentials grant, with which a service gets its own tokens.

    Attributes:
        client_id: The id of the service.
        client_secret: Its secret.
        scope: The scope to ask for.
        issuer: The base URL of the issuer.
        leeway: Seconds before its end at which a token is renewed.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scope: str = SCOPE
    issuer: str = ISSUER
    leeway: float = 60

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return clean_base_url(self.issuer) + TOKEN_PATH


@dataclass(frozen=True, slots=True)
class ShareKey:
    """A share key, sent as it is in place of a token.

    Attributes:
        key: The key.
    """

    key: str = field(repr=False)
