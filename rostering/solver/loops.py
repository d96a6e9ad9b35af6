"""How the loops of `ledger.py` and `trade_kernels.py` are compiled: without the interpreter lock, cached on disk.

numba's cache looks at a loop's own file alone, and would go on using a loop whose callee or constants, in another file,
have changed. Here a change of any of the files counts, by content, so that copies of the same source share a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])
SOURCES = ("sections.py", "ledger.py", "trades.py", "trade_kernels.py")
STAMP = tuple(crc32(Path(__file__).with_name(name).read_bytes()) for name in SOURCES)


def loop(function: Loop) -> Loop:
    """Compile a function, when it is first called, or load it as it was compiled from the same sources."""
    dispatcher: Any = njit(cache=True, nogil=True)(function)
    dispatcher._cache._cache_file._source_stamp = STAMP
    compiled: Loop = dispatcher
    return compiled
