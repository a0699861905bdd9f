"""The cores of server and load generator, the limit of open files, and the resource usage of a process."""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class Cores:
    """Core numbers, or None if processes cannot be pinned."""

    server: int | None
    generator: int | None

    def __str__(self) -> str:
        if self.server is None:
            return "not pinned (this machine cannot, or has one core): read the ratios with care"
        return f"server on core {self.server}, load generator on core {self.generator}"


def choose_cores() -> Cores:
    """Choose the last core for the server, the first for the generator."""
    available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(available) < 2:
        return Cores(None, None)
    return Cores(available[-1], available[0])


def pin(core: int | None) -> None:
    """Pin this process to a core. None does nothing."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def raise_file_limit() -> None:
    """Raise the soft limit of open files to the hard limit: every socket needs a descriptor."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_connections(wanted: int) -> int:
    """Return `wanted`, or the number of connections that the limit of open files allows."""
    if sys.platform == "win32":
        return wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - 100)


@dataclass(frozen=True)
class Usage:
    """Resource usage of a process: CPU seconds and resident KiB."""

    cpu: float
    resident: float


def usage_of(process: psutil.Process) -> Usage:
    return Usage(_cpu_of(process), process.memory_info().rss / 1024)


def _cpu_of(process: psutil.Process) -> float:
    """Return the CPU seconds of all threads."""
    threads = [*Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
    if threads:
        # In nanoseconds. The times that every system has come in steps of 10 ms, too coarse for one round.
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9
    times = process.cpu_times()
    return times.user + times.system
