"""A conformance suite for the Mesh Export API: does an endpoint keep the promises of its documentation page?"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mesh-export-conformance")
except PackageNotFoundError:  # run from a tree that was never installed
    __version__ = "unknown"
