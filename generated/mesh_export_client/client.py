"""The two clients, one for plain calls and one for programs that await."""

from ._async_client import AsyncMeshExportClient
from ._client import MeshExportClient

__all__ = ["AsyncMeshExportClient", "MeshExportClient"]
