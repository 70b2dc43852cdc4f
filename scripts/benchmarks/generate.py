"""Codes made through the API, divided by what the database needs to insert the same rows."""

import argparse
import asyncio
import time
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

from app.client import Client
from scripts.benchmarks.figures import spread
from scripts.benchmarks.probing import probing
from scripts.benchmarks.stands import Stand, postgres_stand, sqlite_stand

CREATE = """mutation { createCampaign(input: {
  kind: VOUCHER, name: "Benchmark", key: "BENCH", maximumUses: 1, usesPerCustomer: 1
}) { campaign { id } userErrors { code message } } }"""
ENDED = "query Ended($id: ID!) { job(id: $id) { status inserted queuedAt finishedAt } }"
QUIET_SECONDS = 2.0
LONGEST_SECONDS = 600


STANDS = {"postgres": postgres_stand, "sqlite": sqlite_stand}


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Every run makes codes through the API, then inserts the very same rows into the twin."""
    with STANDS[backend]({}) as stand:
        work = _measure(stand, chosen.runs, chosen.count)
        return asyncio.run(asyncio.wait_for(work, LONGEST_SECONDS))


async def _measure(stand: Stand, runs: int, count: int) -> dict[str, Any]:
    async with Client(stand.url) as client:
        await client.execute(CREATE)
        async with probing(stand.url) as quiet:
            await asyncio.sleep(QUIET_SECONDS)
        made = [await _run(client, stand, count) for _ in range(runs)]
    return {"quietWorstMs": quiet.worst_ms, "quietUsualMs": quiet.usual_ms, "runs": made}


async def _run(client: Client, stand: Stand, count: int) -> dict[str, Any]:
    async with probing(stand.url) as probe:
        started = time.perf_counter()
        job = await client.generate("BENCH", {"count": count, "issueNow": True})
        async for _ in client.watch_job(job["id"]):
            pass
        seen = time.perf_counter() - started
    ended = (await client.execute(ENDED, {"id": job["id"]}))["job"]
    if (ended["status"], ended["inserted"]) != ("SUCCESS", count):
        raise RuntimeError(f"The job ended as {ended}")
    needed = _instant(ended["finishedAt"]) - _instant(ended["queuedAt"])
    limit = await stand.twin.limit(row_id(job["id"]))
    return {
        "apiSeconds": round(needed.total_seconds(), 3),
        "seenSeconds": round(seen, 3),
        "limitSeconds": round(limit, 3),
        "ratio": round(limit / needed.total_seconds(), 3),
        "worstMs": probe.worst_ms,
        "usualMs": probe.usual_ms,
        "probes": len(probe.seconds),
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def row_id(opaque: str) -> int:
    """The benchmark may look inside an id: it reads the tables as well."""
    padded = opaque + "=" * (-len(opaque) % 4)
    return int(urlsafe_b64decode(padded).decode().rpartition(":")[2])


def line(backend: str, result: dict[str, Any]) -> str:
    """One line for people: medians, and in brackets the extremes of all runs."""
    runs = result["runs"]
    return (
        f"{backend:8}  {spread(runs, 'ratio')} of the SQL limit"
        f"   API {spread(runs, 'apiSeconds')} s, SQL {spread(runs, 'limitSeconds')} s"
        f"   worst answer meanwhile {spread(runs, 'worstMs')} ms"
        f" (quiet: {result['quietWorstMs']} ms)"
    )
