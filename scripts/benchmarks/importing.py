"""Files imported through the API, divided by what the database needs to write the same rows.

The limit stages the rows and applies them in chunks of the same size: staged rows, codes, row
results, progress, and the staged rows gone again; each chunk of both phases one transaction.
"""

import argparse
import asyncio
import csv
import io
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import httpx

from app.client import Client
from app.database import Database, Transaction, dialect
from app.services.import_applying import CHUNK_ROWS
from scripts.benchmarks.figures import spread
from scripts.benchmarks.generate import ENDED, STANDS, row_id
from scripts.benchmarks.stands import Stand, code_columns

CREATE = """mutation { createCampaign(input: {
  kind: SOURCE, name: "Benchmark", key: "BENCH", firstCode: {code: "BENCH-FIRST"}
}) { campaign { id } userErrors { code message } } }"""
LONGEST_SECONDS = 1_800
MORE_ROWS = 1_000_000
VALUES = {"maximumUses": "1", "validTo": "2027-12-31"}
STAGED = json.dumps(VALUES)


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Every run imports a file, then writes the very same rows into the twin."""
    environment = {"PROMOGRAPH_MAX_IMPORT_ROWS": str(MORE_ROWS)}
    with STANDS[backend](environment) as stand:
        work = _measure(stand, chosen.runs, chosen.count)
        return asyncio.run(asyncio.wait_for(work, LONGEST_SECONDS))


async def _measure(stand: Stand, runs: int, most: int) -> dict[str, Any]:
    sizes = {10_000, most}
    found: dict[str, Any] = {}
    async with Client(stand.url) as client:
        await client.execute(CREATE)
        for file_format in FORMATS:
            for rows in sorted(sizes):
                made = [await _run(client, stand, file_format, rows) for _ in range(runs)]
                found[f"{file_format} {rows:,}"] = made
        found[f"csv {MORE_ROWS:,}"] = [await _run(client, stand, "csv", MORE_ROWS)]
    return {"runs": found, "peakMb": {name: _peak_mb(pid) for name, pid in stand.pids.items()}}


async def _run(client: Client, stand: Stand, file_format: str, rows: int) -> dict[str, Any]:
    content = FORMATS[file_format](rows)
    started, sent_at = time.perf_counter(), datetime.now(UTC)
    async with httpx.AsyncClient(trust_env=False, timeout=LONGEST_SECONDS) as http:
        answer = await http.post(
            f"{stand.url}/imports",
            params={"campaign": "BENCH", "format": file_format},
            headers={"content-type": "application/octet-stream"},
            content=content,
        )
    answer.raise_for_status()
    job = answer.json()["job"]["id"]
    first = None
    async for state in client.watch_job(job):
        if first is None and state["parsed"]:
            first = time.perf_counter() - started
    if (state["status"], state["inserted"]) != ("SUCCESS", rows):
        raise RuntimeError(f"The job ended as {state}")
    ended = (await client.execute(ENDED, {"id": job}))["job"]
    took = (datetime.fromisoformat(ended["finishedAt"]) - sent_at).total_seconds()
    limit = await _limit(stand, row_id(job), CHUNK_ROWS[dialect(stand.twin.settings).name])
    return {
        "apiSeconds": round(took, 3),
        "firstSeconds": round(first or took, 3),
        "limitSeconds": round(limit, 3),
        "ratio": round(limit / took, 3),
    }


async def _limit(stand: Stand, job: int, chunk: int) -> float:
    async with stand.twin.prepared(job) as database:
        async with database.transaction() as tx:
            await tx.execute("DROP TABLE IF EXISTS numbered")
            await tx.execute(
                f'CREATE TABLE numbered AS SELECT ROW_NUMBER() OVER (ORDER BY id) AS "row",'
                f" {code_columns()}"
                " FROM copied"
            )
            await tx.execute('CREATE UNIQUE INDEX numbered_by_row ON numbered ("row")')
            rows = await tx.fetch_value("SELECT COUNT(*) FROM numbered")
        started = time.perf_counter()
        for start in range(1, rows + 1, chunk):
            await _stage(database, job, start, start + chunk)
        for start in range(1, rows + 1, chunk):
            await _apply(database, job, start, start + chunk)
        return time.perf_counter() - started


async def _stage(database: Database, job: int, start: int, end: int) -> None:
    words = database.dialect
    async with database.transaction() as tx:
        await tx.execute(
            'INSERT INTO import_row (job_id, "row", line, code_text, normal_form, data)'
            f' SELECT {words.cast("$1", "bigint")}, "row", "row" + 1, text, normal_form,'
            f' {words.cast("$4", "jsonb")} FROM numbered WHERE "row" >= $2 AND "row" < $3',
            job, start, end, STAGED,
        )  # fmt: skip
        await _count(tx, job)


async def _apply(database: Database, job: int, start: int, end: int) -> None:
    within, names = '"row" >= $2 AND "row" < $3', code_columns()
    async with database.transaction() as tx:
        await tx.execute(
            f'INSERT INTO code ({names}) SELECT {names} FROM numbered WHERE "row" >= $1'
            ' AND "row" < $2 ORDER BY "row"',
            start, end,
        )  # fmt: skip
        await tx.execute(
            'INSERT INTO row_result (job_id, "row", line, code_text, outcome)'
            ' SELECT job_id, "row", line, code_text, \'INSERTED\' FROM import_row'
            f" WHERE job_id = $1 AND {within}",
            job, start, end,
        )  # fmt: skip
        await tx.execute(f"DELETE FROM import_row WHERE job_id = $1 AND {within}", job, start, end)
        await _count(tx, job)


async def _count(tx: Transaction, job: int) -> None:
    await tx.execute("UPDATE job SET progress_sequence = progress_sequence + 1 WHERE id = $1", job)


def _codes(rows: int) -> Iterator[str]:
    for _ in range(rows):
        yield f"B-{secrets.token_hex(8).upper()}"


def _csv(rows: int) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["code", *(name.lower() for name in VALUES)])
    writer.writerows([code, *VALUES.values()] for code in _codes(rows))
    return written.getvalue().encode()


def _json(rows: int) -> bytes:
    codes = [{"code": code, **VALUES, "maximumUses": 1} for code in _codes(rows)]
    return json.dumps({"couponKey": "BENCH", "codes": codes}).encode()


def _xml(rows: int) -> bytes:
    values = " ".join(f"{name.lower()}={quoteattr(value)}" for name, value in VALUES.items())
    codes = "\n".join(f'<code code="{code}" {values}/>' for code in _codes(rows))
    return f'<import couponkey="BENCH"><codes>\n{codes}\n</codes></import>'.encode()


FORMATS = {"csv": _csv, "json": _json, "xml": _xml}


def _peak_mb(pid: int) -> int:
    """The most memory that a process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise RuntimeError("this system does not tell the peak of a process's memory")


def line(backend: str, result: dict[str, Any]) -> str:
    """One line for each file, and one for the memory."""
    lines = [
        f"{backend:8}  {name:14} {spread(runs, 'ratio')} of the SQL limit"
        f"   API {spread(runs, 'apiSeconds')} s, SQL {spread(runs, 'limitSeconds')} s"
        f"   first progress after {spread(runs, 'firstSeconds')} s"
        for name, runs in result["runs"].items()
    ]
    peaks = ", ".join(f"{name} {most} MB" for name, most in result["peakMb"].items())
    return "\n".join([*lines, f"{backend:8}  peak memory: {peaks}"])
