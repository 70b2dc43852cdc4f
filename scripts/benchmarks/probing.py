"""How long somebody else waits for an answer while the service is busy."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

EVERY_SECONDS = 0.02
QUERY = {"query": '{ campaign(key: "BENCH") { id name enabled } }'}


class Probe:
    """Asks a small question every 20 ms; a late answer delays the next one and is counted once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @property
    def worst_ms(self) -> float:
        return round(max(self.seconds, default=0.0) * 1_000, 1)

    @property
    def usual_ms(self) -> float:
        ordered = sorted(self.seconds)
        return round(ordered[len(ordered) // 2] * 1_000, 1) if ordered else 0.0

    async def run(self, url: str) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            await client.post(f"{url}/graphql", json=QUERY)  # the connection is not what we measure
            while True:
                asked = time.perf_counter()
                response = await client.post(f"{url}/graphql", json=QUERY)
                self.seconds.append(time.perf_counter() - asked)
                response.raise_for_status()
                await asyncio.sleep(max(0.0, EVERY_SECONDS - self.seconds[-1]))


@asynccontextmanager
async def probing(url: str) -> AsyncIterator[Probe]:
    probe = Probe()
    task = asyncio.create_task(probe.run(url))
    try:
        yield probe
    finally:
        task.cancel()
        (failed,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(failed, httpx.HTTPError):
            raise failed
