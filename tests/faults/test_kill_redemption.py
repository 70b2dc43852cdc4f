"""The service dies while codes are redeemed: what was answered is there, and retries converge."""

import asyncio
import json
import random  # noqa: TID251 - moments that the seed of the run, which is printed, repeats
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.database import Database
from app.services.consistency import disagreements
from tests.commands import Place, Service
from tests.making import count_rows, make_source
from tests.services.living import make_code, read_code

CLIENTS = 16
ORDERS = 150
REDEEM = """mutation ($input: RedeemCodeInput!) { redeemCode(input: $input) {
  redemption { id orderNumber } replayed userErrors { code }
} }"""


@pytest.fixture
def place(settings: Settings, redis_url: str, tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.use(settings)
    if not settings.embedded:
        found.environment["PROMOGRAPH_REDIS_URL"] = redis_url
    return found


class Shop:
    """Sends orders until each has an answer, whatever becomes of the service."""

    def __init__(self, orders: int = ORDERS) -> None:
        self.answers: dict[int, dict[str, Any]] = {}
        self.open = list(range(orders))
        self.heard = asyncio.Condition()

    async def send(self, client: httpx.AsyncClient, number: int) -> dict[str, Any]:
        answer = (await client.post("/graphql", json=_body(number))).json()
        found: dict[str, Any] = answer["data"]["redeemCode"]
        return found

    async def sell(self, client: httpx.AsyncClient, service: Service) -> None:
        while self.open and service.process.returncode is None:
            number = self.open.pop()
            try:
                if random.randrange(4) == 0:  # noqa: S311 - as above
                    await _hang_up(client.base_url, number)
                self.answers[number] = await self.send(client, number)
            except (httpx.HTTPError, OSError, KeyError, TypeError, ValueError):
                self.open.insert(0, number)
                await asyncio.sleep(0.005)
            async with self.heard:
                self.heard.notify_all()

    async def wait_for(self, count: int) -> None:
        """Wait until so many orders are answered."""
        async with self.heard:
            await self.heard.wait_for(lambda: len(self.answers) >= count)


def _body(number: int) -> dict[str, Any]:
    given = {
        "code": "SUMMER10",
        "idempotencyKey": f"k-{number}",
        "orderNumber": f"O-{number}",
        "customerNumber": f"C-{number % 7}",
    }
    return {"query": REDEEM, "variables": {"input": given}}


async def _hang_up(url: httpx.URL, number: int) -> None:
    """Ask, and go away before the answer comes."""
    body = json.dumps(_body(number)).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Type: application/json"
        f"\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + body)
    with suppress(OSError):
        await writer.drain()
    await asyncio.sleep(0.002)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def selling(shop: Shop, service: Service) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=CLIENTS)
    async with (
        httpx.AsyncClient(
            base_url=service.url, trust_env=False, limits=limits, timeout=30
        ) as client,
        asyncio.TaskGroup() as clients,
    ):
        for _ in range(CLIENTS):
            clients.create_task(shop.sell(client, service))
        yield


@pytest.mark.timeout(600)
async def test_a_killed_service_keeps_what_it_answered(
    database: Database, place: Place, *, long: bool
) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"))
    # A kill comes after so many answers, but those who wait share theirs: twice as many are heard.
    kills, orders = (20, 1_200) if long else (3, ORDERS)
    shop = Shop(orders)
    for _ in range(kills):
        with place.serving() as service:
            async with selling(shop, service):
                await shop.wait_for(len(shop.answers) + orders // (60 if long else 5))
                service.process.kill()
                service.process.wait()
    first = dict(shop.answers)
    assert 0 < len(first) < orders
    with place.serving() as service:
        shop.open = [number for number in range(orders) if number not in first]
        async with selling(shop, service):
            pass
        shop.open, shop.answers = list(range(orders)), {}
        async with selling(shop, service):
            pass
        assert service.stop(signal.SIGTERM) == 0
    # The same keys again: nothing happens, and each has the answer that it had.
    assert all(answer["replayed"] for answer in shop.answers.values())
    for number, answer in first.items():
        assert answer["userErrors"] == []
        assert shop.answers[number]["redemption"] == answer["redemption"]
    assert await count_rows(database, "redemption") == orders
    assert (await read_code(database, code_id))["uses"] == orders
    assert await disagreements(database) == []


async def test_a_terminated_service_answers_those_who_wait(
    database: Database, place: Place
) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"))
    shop = Shop()
    with place.serving() as service:
        async with selling(shop, service):
            await shop.wait_for(50)
            assert await asyncio.to_thread(service.stop, signal.SIGTERM) == 0
    orders = {answer["redemption"]["orderNumber"] for answer in shop.answers.values()}
    rows = await database.read("SELECT order_number FROM redemption")
    assert orders <= {row["order_number"] for row in rows}
    assert (await read_code(database, code_id))["uses"] == len(rows)
    assert await disagreements(database) == []
