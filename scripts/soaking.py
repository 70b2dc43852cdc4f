"""Races on the same codes for as long as is asked, in rounds, each on a new database.

What clients ask follows from the seed, when they meet does not. The seed also names the file that
tells how far it came: the same seed goes on from there. The first fault ends it, and is kept.
"""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.database import Database
from app.database.migrations import migrate
from tests.races.life_races import PROCESSES, Course, Field, Race, faults, race
from tests.servers import Postgres

RESULTS = Path(__file__).parents[1] / "soak-results"


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        yield f"sqlite://{folder}/promograph.sqlite3"


@contextmanager
def postgres() -> Iterator[str]:
    with Postgres() as server:
        yield server.url()


BACKENDS = {"postgres": postgres, "sqlite": sqlite}


@dataclass
class Standing:
    """How far one database came."""

    rounds: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class Soak:
    seed: int
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / f"{self.seed}.json"

    def standings(self) -> dict[str, Standing]:
        kept = json.loads(self.path.read_text()) if self.path.exists() else {}
        return {name: Standing(**kept.get(name, {})) for name in BACKENDS}

    def run(self, backend: str, attempts: int, size: int) -> None:
        """Race until so many attempts are made, `size` of them a round, or a rule is broken."""
        standings = self.standings()
        standing = standings[backend]
        while standing.attempts < attempts:
            # A round is the first one of its own seed: it can be run again alone.
            found, run = asyncio.run(one_round(backend, self.seed + standing.rounds, size))
            if found:
                self.stop(backend, standing, found, run)
            standing.rounds += 1
            standing.attempts += len(run.lines)
            self.write(self.path, {name: asdict(one) for name, one in standings.items()})
            print(f"{backend:8}  {standing.attempts:,} of {attempts:,} attempts", flush=True)

    def stop(self, backend: str, standing: Standing, found: list[str], run: Race) -> None:
        path = self.folder / f"{self.seed}-{backend}-{standing.rounds}.json"
        self.write(path, {"faults": found, "answers": run.lines})
        print("\n".join(found[:20]))
        again = f"scripts/soak --only {backend} --seed {self.seed + standing.rounds} --attempts 1"
        sys.exit(f"{len(found)} faults, kept in {path}; to race like that again: {again}")

    def write(self, path: Path, content: dict[str, Any]) -> None:
        """Whole or not at all: it may be killed at any moment."""
        self.folder.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(content, indent=1))
        unfinished.replace(path)


async def one_round(backend: str, seed: int, size: int) -> tuple[list[str], Race]:
    with BACKENDS[backend]() as url:
        settings = Settings(database_url=url, redis_url="")
        await migrate(settings)
        database = await Database.open(settings)
        try:
            field = Field()
            await field.make(database)
            run = await race(database, settings, field, Course(seed, size // PROCESSES))
            return await faults(database, run), run
        finally:
            await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--attempts", type=int, default=100_000, help="calls on each database")
    parser.add_argument("--round", type=int, default=10_000, help="calls in one round")
    parser.add_argument("--only", choices=sorted(BACKENDS), help="one database only")
    parser.add_argument("--seed", type=int, help="what to repeat, or to go on with")
    parser.add_argument("--folder", type=Path, default=RESULTS, help="where its results are")
    chosen = parser.parse_args()
    seed = secrets.randbelow(10**9) if chosen.seed is None else chosen.seed
    print(f"seed {seed}; stopped, it goes on with --seed {seed}", flush=True)
    for backend in [chosen.only] if chosen.only else sorted(BACKENDS):
        Soak(seed, chosen.folder).run(backend, chosen.attempts, chosen.round)
    print("No rule was broken.")


if __name__ == "__main__":
    main()
