"""How much of the processors a process takes."""

from collections.abc import Mapping
from contextlib import suppress

import psutil  # type: ignore[import-untyped]  # psutil ships no types


def spent(pids: Mapping[str, int]) -> dict[str, float]:
    """The seconds of processors that each process has taken so far, with all that it started."""
    return {name: _whole(psutil.Process(pid)) for name, pid in pids.items()}


def _whole(process: psutil.Process) -> float:
    """Look again when one of those that it started ended meanwhile."""
    while process.is_running():
        with suppress(psutil.NoSuchProcess):
            return _own(process)
    raise psutil.NoSuchProcess(process.pid)


def _own(process: psutil.Process) -> float:
    own = process.cpu_times()
    ended: float = own.user + own.system + own.children_user + own.children_system
    return ended + sum(map(_own, process.children()))
