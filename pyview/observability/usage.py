"""Memory and open files of this process, without a package for it. None where the system does not say."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from pyview.observability.descriptors import open_descriptors, soft_limit

if sys.platform != "win32":
    import resource

_STATM = Path("/proc/self/statm")


class Memory(NamedTuple):
    """Resident memory in bytes. `is_peak`: it is the highest so far, since the system does not tell that of now."""

    size: int
    is_peak: bool


class OpenFiles(NamedTuple):
    """Number of open files, at least, and their limit (0: none)."""

    used: int
    limit: int


def memory() -> Memory | None:
    try:
        # proc(5): the second field of `statm` is the number of resident pages.
        return Memory(int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"), is_peak=False)
    except OSError:
        return _peak_memory()


def _peak_memory() -> Memory | None:
    if sys.platform == "win32":
        return None
    # getrusage(2): bytes on macOS, kilobytes elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return Memory(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, is_peak=True)


def open_files() -> OpenFiles | None:
    if sys.platform == "win32":
        return None
    used, limit = open_descriptors(), soft_limit()
    return OpenFiles(limit if used is None else used, limit)
