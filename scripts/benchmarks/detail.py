"""The support screen in one request, divided by the same nested JSON as one prepared statement."""

import argparse
import asyncio
import secrets
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types

from app.client import Client
from app.config import Settings
from scripts.benchmarks import statements
from scripts.benchmarks.asked import noting
from scripts.benchmarks.figures import spread
from scripts.benchmarks.filling import CODE, CUSTOMER, EVERY, FIRST, fill
from scripts.benchmarks.loading import Load, Request, load
from scripts.benchmarks.stands import HOMES, Home

CONNECTIONS = (1, 16)
SECONDS = 3.0
DOCUMENT = """query Detail($code: String!, $customer: String!) { code(code: $code) {
  id code kind status validFrom validTo maximumUses uses usesRemaining usesPerCustomer issuedOn
  issueReference issuedStore suspended withdrawnAt version
  redemptionStatus(customer: {number: $customer}) {
    used limit remaining reserved available text customer { used limit remaining }
  }
  campaign { id key name kind activationStatus timeZone }
  group {
    id key name activationStatus totalReusePerCode reusePerCustomer
    campaign { id name }
    promotions(first: 10) { nodes {
      id name activationStatus discount { kind percent amount { amount currencyCode } giftSku }
    } }
  }
  cashback {
    state maximumValue { amount currencyCode } chargedValue { amount } earningOrder { number }
  }
  issuedTo { id number firstName lastName email status }
  relatedOrders(customer: {number: $customer}, first: 10) {
    totalCount nodes { number placedAt status total { amount currencyCode } }
  }
  redemptions(first: 10) { totalCount nodes {
    id state redeemedAt redeemedBy store amount { amount currencyCode }
    order { number placedAt status } customer { number firstName lastName }
  } }
  reservations(first: 5) { nodes { holder live expiresAt endReason } }
  events(first: 20) { nodes { kind at doneBy channel } }
  attempts(first: 5) { nodes { operation reasons count at triedBy } }
} }"""


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Each run asks the service for random rich codes, then the database alone for the same."""
    with HOMES[backend]() as home:
        asyncio.run(fill(home.settings, chosen.codes))
        rich = chosen.codes // EVERY
        with home.place.serving() as service:
            values, statement = asyncio.run(_prepared(home.settings, service.url, rich))
            request = Request(service.url, DOCUMENT, lambda: _variables(secrets.randbelow(rich)))
            process = psutil.Process(service.process.pid)
            return {
                "values": values,
                "connections": {
                    number: [
                        _run(request, process, (home, statement), number)
                        for _ in range(chosen.runs)
                    ]
                    for number in CONNECTIONS
                },
            }


def _variables(k: int) -> dict[str, str]:
    """Ask for the k-th rich code, for the customer it was issued to."""
    return {"code": str(CODE + FIRST + EVERY * k), "customer": str(CUSTOMER + 1 + k)}


async def _prepared(settings: Settings, url: str, rich: int) -> tuple[int, statements.Statement]:
    """How many values an answer has, and the statement that the service answers it with."""
    variables = _variables(rich // 2)
    async with noting(settings) as database:
        sql, values, answer = await database.asked(DOCUMENT, **variables)
    async with Client(url) as client:
        if await client.execute(DOCUMENT, variables) != answer:
            raise RuntimeError("The service answers something else.")
    chosen = {
        variables["code"]: statements.Chosen(CODE + FIRST, EVERY),
        variables["customer"]: statements.Chosen(CUSTOMER + 1, 1),
    }
    return _count(answer), statements.Statement(sql, values, chosen, rich)


def _count(answer: object) -> int:
    if isinstance(answer, dict):
        return sum(map(_count, answer.values()))
    return sum(map(_count, answer)) if isinstance(answer, list) else 1


def _run(
    request: Request,
    process: psutil.Process,
    alone: tuple[Home, statements.Statement],
    connections: int,
) -> dict[str, float]:
    before = process.cpu_times()
    ours = asyncio.run(load(request, connections, SECONDS))
    after = process.cpu_times()
    limit = statements.run(*alone, connections, SECONDS)
    spent = after.user + after.system - before.user - before.system
    return {
        "ratio": round(ours.rate / limit.rate, 4),
        "cpuMs": round(spent * 1_000 / len(ours.took), 2),
        **_figures("api", ours),
        **_figures("sql", limit),
    }


def _figures(name: str, one: Load) -> dict[str, float]:
    return {
        f"{name}PerSecond": round(one.rate, 1),
        f"{name}P50Ms": one.percentile(50),
        f"{name}P99Ms": one.percentile(99),
    }


def line(backend: str, result: dict[str, Any]) -> str:
    """A line for each number of connections: medians, and in brackets the extremes of all runs."""
    return "\n".join(
        f"{backend:8}  {result['values']} values, {number:2} connections:"
        f" {spread(runs, 'ratio')} of the SQL limit"
        f"   API {_told(runs, 'api')}, CPU {spread(runs, 'cpuMs')} ms; SQL {_told(runs, 'sql')}"
        for number, runs in result["connections"].items()
    )


def _told(runs: list[dict[str, float]], name: str) -> str:
    p50, p99 = (median(run[f"{name}{part}Ms"] for run in runs) for part in ("P50", "P99"))
    return f"{spread(runs, f'{name}PerSecond')} a second, p50 {p50:.3g} ms, p99 {p99:.3g} ms"
