"""Watchers of one job: what they are told and how soon, as a ratio to plain Strawberry."""

import argparse
import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from scripts.benchmarks.figures import spread
from scripts.benchmarks.listening import (
    LONGEST_SECONDS,
    Audience,
    EventWatcher,
    SocketWatcher,
    Watcher,
)
from scripts.benchmarks.stands import HOMES
from scripts.benchmarks.watched import Order, Report
from tests.commands import Place

ROOT = Path(__file__).parents[2]
# Whose server, and how it is watched.
SIDES: dict[str, tuple[str, type[Watcher]]] = {
    "events": ("ours", EventWatcher),
    "sockets": ("ours", SocketWatcher),
    "plain": ("plain", SocketWatcher),
}
LOOK = Order(seconds=0, every=0, spacing=0.25)
AT_LEISURE = Order(seconds=8, every=1.0, spacing=0.25)
FLAT_OUT = Order(seconds=4, every=0.02, spacing=0.0)
DRAINING_SECONDS = 3


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Each run measures every side, on a server of its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with HOMES[backend]() as home:
        runs = [
            {side: asyncio.run(_side(home.place, side, chosen.watchers)) for side in SIDES}
            for _ in range(chosen.runs)
        ]
    for run in runs:
        for figures in run.values():
            figures["ratio"] = round(figures["perSecond"] / run["plain"]["perSecond"], 2)
    return {"watchers": chosen.watchers, "runs": runs}


async def _side(place: Place, side: str, watchers: int) -> dict[str, float]:
    kind, watcher = SIDES[side]
    async with _serving(place, kind) as server:
        audience = Audience(**await server.hear())
        await audience.grow(watcher, watchers // 2)
        half = await server.told(LOOK)
        await audience.grow(watcher, watchers - watchers // 2)
        whole = await server.told(LOOK)
        leisure = await _heard(server, audience, AT_LEISURE)
        flat_out = await _heard(server, audience, FLAT_OUT)
    grown = whole.memory_bytes - half.memory_bytes
    return {
        "perSecond": round(flat_out.meanwhile / flat_out.report.seconds, 1),
        "cpuUs": round(flat_out.report.cpu_seconds / flat_out.meanwhile * 1e6, 1),
        "readsPerChange": round(flat_out.report.reads / len(flat_out.report.changes), 2),
        "p50Ms": leisure.percentile(50),
        "p99Ms": leisure.percentile(99),
        "lost": len(leisure.report.changes) * watchers - len(leisure.delays),
        "kilobytes": round(grown / (watchers - watchers // 2) / 1_000, 1),
    }


@dataclass(frozen=True)
class Hearing:
    """What the watchers heard of it: how much while it lasted, and each after how many seconds."""

    report: Report
    meanwhile: int
    delays: list[float]

    def percentile(self, part: int) -> float:
        """In milliseconds."""
        return round(self.delays[len(self.delays) * part // 100] * 1_000, 1)


async def _heard(server: "Server", audience: Audience, order: Order) -> Hearing:
    audience.heard.clear()
    report = await server.told(order)
    meanwhile = len(audience.heard)
    await asyncio.sleep(DRAINING_SECONDS)
    changes = report.changes
    delays = sorted(at - changes[name] for name, at in audience.heard if name in changes)
    return Hearing(report, meanwhile, delays)


class Server:
    """The program that is watched, spoken to by its standard streams."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def hear(self) -> Any:  # noqa: ANN401 - what it says
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        async with asyncio.timeout(LONGEST_SECONDS):
            return orjson.loads(await self.process.stdout.readline())

    async def told(self, order: Order) -> Report:
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        self.process.stdin.write(orjson.dumps(asdict(order)) + b"\n")
        return Report(**await self.hear())


@asynccontextmanager
async def _serving(place: Place, kind: str) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "scripts.benchmarks.watched", kind),
        cwd=place.folder,
        env={**place.environment, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        await process.wait()


def line(backend: str, result: dict[str, Any]) -> str:
    """A line for each side: medians, and in brackets the extremes of all runs."""
    told = []
    for side in SIDES:
        runs = [run[side] for run in result["runs"]]
        told.append(
            f"{backend:8}  {result['watchers']} watchers, {side:7}:"
            f" {spread(runs, 'ratio')} of plain Strawberry   {spread(runs, 'perSecond')} told a"
            f" second, CPU {spread(runs, 'cpuUs')} us; p99 {spread(runs, 'p99Ms')} ms;"
            f" {spread(runs, 'kilobytes')} kB a watcher; {spread(runs, 'readsPerChange')} reads"
        )
    return "\n".join(told)
