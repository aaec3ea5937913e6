"""The operations of the group `exports`."""

from .group import AsyncExports, AsyncExportsWithRawResponse, Exports, ExportsWithRawResponse

__all__ = ["AsyncExports", "AsyncExportsWithRawResponse", "Exports", "ExportsWithRawResponse"]
