"""One statement alone, prepared once and run again and again: the limit of a read.

PostgreSQL runs it under pgbench. SQLite runs it in threads of this process, one a connection,
which share the interpreter as they would in any Python program.
"""

import math
import secrets
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.database.sqlite_connection import bound
from scripts.benchmarks.loading import Load
from scripts.benchmarks.stands import Home

THREADS = 2
WARM_SECONDS = 1
SESSION = "-c jit=off -c timezone=UTC"


@dataclass(frozen=True)
class Chosen:
    """A value that is another one each time: `first + step * k`, for a random k below `count`."""

    first: int
    step: int


@dataclass(frozen=True)
class Statement:
    """SQL with the value of each `$n`; the chosen ones of one run have the same random k."""

    sql: str
    values: Sequence[object]
    chosen: Mapping[str, Chosen]
    count: int

    def choice(self, value: object) -> Chosen | None:
        return self.chosen.get(value) if isinstance(value, str) else None


def run(home: Home, statement: Statement, connections: int, seconds: float) -> Load:
    if home.programs is None:
        return _threads(home.settings.sqlite_path, statement, connections, seconds)
    defined = {f"p{n}": _text(value) for n, value in enumerate(statement.values, 1)}
    lines = pgbench(home, _script(statement), connections, seconds + WARM_SECONDS, defined)
    # The first second is of preparing, and of plans made for one value.
    start = min(ended for _, ended in lines) + WARM_SECONDS
    took = [one for one, ended in lines if start <= ended < start + seconds]
    return Load(min(seconds, max(ended for _, ended in lines) - start), took)


def pgbench(
    home: Home, script: str, clients: int, seconds: float, defined: Mapping[str, str]
) -> list[tuple[float, float]]:
    """Run the script for whole seconds; how long each of its runs took, and when it ended."""
    if home.programs is None:
        raise RuntimeError("there is no pgbench for SQLite")
    command: list[str | Path] = [
        home.programs / "pgbench",
        *("--no-vacuum", "--protocol=prepared", "--file=script", "--log"),
        *(f"--client={clients}", f"--jobs={min(clients, THREADS)}", f"--time={math.ceil(seconds)}"),
        *(f"--define={name}={text}" for name, text in defined.items()),
        home.settings.database_url,
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        (Path(name) / "script").write_text(script)
        done = subprocess.run(  # noqa: S603 - the program is the wheel's
            command,
            cwd=name,
            env={"PGOPTIONS": SESSION},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return list(_logged(Path(name)))


def _script(statement: Statement) -> str:
    """The statement as pgbench reads it: `:p1` for `$1`, in one line."""
    sql = " ".join(statement.sql.split())
    lines = [f"\\set k random(0, {statement.count - 1})"]
    for number, value in reversed(list(enumerate(statement.values, 1))):
        sql = sql.replace(f"${number}", f":p{number}")
        if chosen := statement.choice(value):
            lines.append(f"\\set p{number} {chosen.first} + {chosen.step} * :k")
    return "\n".join([*lines, f"{sql};\n"])


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _logged(folder: Path) -> Iterator[tuple[float, float]]:
    """What pgbench wrote: the third word of a line is how long it took, the last two are when."""
    for log in folder.glob("pgbench_log.*"):
        for line in log.read_text().splitlines():
            words = [int(word) for word in line.split()]
            yield words[2] / 1e6, words[4] + words[5] / 1e6


def _threads(path: Path, statement: Statement, connections: int, seconds: float) -> Load:
    end = time.perf_counter() + seconds
    with ThreadPoolExecutor(connections) as threads:
        readers = [threads.submit(_reader, path, statement, end) for _ in range(connections)]
    return Load(seconds, [took for reader in readers for took in reader.result()])


def _reader(path: Path, statement: Statement, end: float) -> list[float]:
    took: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        while (asked := time.perf_counter()) < end:
            k = secrets.randbelow(statement.count)
            values = [
                str(chosen.first + chosen.step * k)
                if (chosen := statement.choice(value))
                else value
                for value in statement.values
            ]
            connection.execute(statement.sql, bound(values)).fetchall()
            took.append(time.perf_counter() - asked)
    return took
