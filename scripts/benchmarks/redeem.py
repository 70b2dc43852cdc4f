"""Redemptions through GraphQL and by the path alone, divided by one transaction a call by hand.

By hand writes the same rows (`whole`), or the least that keeps the limits (`bare`): PostgreSQL in
one function a call, under pgbench; SQLite statement by statement through the service's engine.
Codes are any of many, or always the same one. At the end no limit may have been broken, and every
answer must have its rows.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from scripts.benchmarks.figures import spread
from scripts.benchmarks.loading import Load
from scripts.benchmarks.redeem_shop import SCARCE, SCARCE_USES, TARGETS, broken_in, prepare
from scripts.benchmarks.redeem_ways import (
    LONE_SECONDS,
    STEPS,
    Ways,
    queue,
    redeem,
    run,
)
from scripts.benchmarks.spending import spent
from scripts.benchmarks.stands import HOMES, Home

CALLERS = (64, 256)
TRIES = 8


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    with HOMES[backend]() as home:
        asyncio.run(prepare(home, chosen.codes))
        with home.place.serving() as service:
            ways = Ways(home, service.url)
            pids = {"service": service.process.pid, **home.pids}
            # The first calls are of preparing, on connections of all who call.
            ways.api(TARGETS["many"], max(CALLERS))
            runs = [_run(ways, pids) for _ in range(chosen.runs)]
        accepted = run(_scramble(home))
        refused = max(CALLERS) * TRIES - accepted
        broken = run(broken_in(home, ways.answered["whole"] + accepted, refused))
        if accepted != SCARCE_USES:
            broken.append(f"{accepted} uses of a code that has {SCARCE_USES}")
        return {"broken": broken, "runs": runs}


def _run(ways: Ways, pids: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for where, target in TARGETS.items():
        sides = {
            **{f"api {n}": partial(ways.api, target, n) for n in CALLERS},
            **{f"path {n}": partial(ways.path, target, n) for n in CALLERS},
            **{name: partial(ways.limit, target, name) for name in STEPS},
        }
        found[where] = {name: _figures(ways, side, pids) for name, side in sides.items()}
        limits = {name: found[where][name]["perSecond"] for name in STEPS}
        for figures in found[where].values():
            rate = figures["perSecond"]
            figures |= {f"of {name}": round(rate / limits[name], 3) for name in limits}
    many = TARGETS["many"]
    path = _figures(ways, partial(ways.path, many, 1, LONE_SECONDS), pids)
    hand = _figures(ways, partial(ways.hand, many, "whole", 1, LONE_SECONDS), pids)
    path["times"] = round(path["p50Ms"] / hand["p50Ms"], 3)
    return {**found, "alone": {"path": path, "hand": hand}}


def _figures(ways: Ways, side: Callable[[], Load], pids: Mapping[str, int]) -> dict[str, Any]:
    """Processors' time is milliseconds a call; the callers' is that of this process."""
    before, own, calls = spent(pids), time.process_time(), ways.answered.total()
    found = side()
    took = {name: seconds - before[name] for name, seconds in spent(pids).items()}
    took["callers"] = time.process_time() - own
    calls = ways.answered.total() - calls
    return {
        "perSecond": round(found.rate, 1),
        "p50Ms": found.percentile(50),
        "p99Ms": found.percentile(99),
        "cpuMs": {name: round(s * 1_000 / calls, 3) for name, s in took.items()},
    }


async def _scramble(home: Home) -> int:
    """How many of far too many calls at once on one code are answered with a use."""

    async def caller() -> int:
        verdicts = [await redeem(calls, SCARCE) for _ in range(TRIES)]
        return sum(verdict.made is not None for verdict in verdicts)

    async with queue(home) as calls:
        return sum(await asyncio.gather(*(caller() for _ in range(max(CALLERS)))))


def line(backend: str, result: dict[str, Any]) -> str:
    """A line for each side: medians, and in brackets the extremes of all runs."""
    runs = result["runs"]
    lines = [
        f"{where:4} {name:8} {told}"
        for where in TARGETS
        for name in runs[0][where]
        for told in [_told([one[where][name] for one in runs])]
    ]
    alone = [one["alone"]["path"] for one in runs]
    hand = [one["alone"]["hand"] for one in runs]
    times = f"{spread(alone, 'times')} times the {spread(hand, 'p50Ms')} ms of one by hand"
    lines.append(f"alone: p50 {spread(alone, 'p50Ms')} ms, {times}")
    lines.append(f"broken: {'; '.join(result['broken']) or 'nothing'}")
    return "\n".join(f"{backend:8}  {one}" for one in lines)


def _told(runs: Sequence[Mapping[str, Any]]) -> str:
    p50, p99 = (median(one[name] for one in runs) for name in ("p50Ms", "p99Ms"))
    ratios = "".join(f"{spread(runs, f'of {name}')} of {name}   " for name in STEPS)
    cpu = ", ".join(
        f"{name} {median(one['cpuMs'][name] for one in runs):.2g}" for name in runs[0]["cpuMs"]
    )
    return (
        f"{spread(runs, 'perSecond')} a second   {ratios}p50 {p50:.3g} ms, p99 {p99:.3g} ms"
        f"   CPU ms a call: {cpu}"
    )
