"""A file with every kind of row, and the checker of what an import of it leaves."""

from dataclasses import dataclass

from app.database import Database
from app.services.consistency import disagreements
from tests.making import read_all
from tests.workers.importing import code_texts, csv_of, results_of, staged

# What a cycle of rows does, and the cells of each row; {} is what makes its codes their own.
_ROWS = {
    "new-{}": "INSERTED",
    "new-{}-limited,5": "INSERTED",
    "raised-{},9": "UPDATED",
    "withdrawn-{},,true,burnt": "WITHDRAWN",
    "deleted-{},,,,true": "DELETED",
    "same-{}": "NO_ACTION",
    "?-{}": "FAILED",
    "NEW_{}": "FAILED",
}
_COUNTERS = {
    "INSERTED": "inserted",
    "UPDATED": "updated",
    "WITHDRAWN": "withdrawn",
    "DELETED": "deleted",
    "NO_ACTION": "unchanged",
    "FAILED": "failed",
}
_STORED = ("raised", "withdrawn", "deleted", "same")


@dataclass(frozen=True)
class Mixed:
    """A number of cycles, whose codes are told from those of other files by a name."""

    name: str
    cycles: int

    @property
    def rows(self) -> int:
        return self.cycles * len(_ROWS)

    @property
    def _names(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(self.cycles)]

    @property
    def before(self) -> str:
        """The file of the codes that must be there before."""
        return csv_of(f"{kind}-{name}" for name in self._names for kind in _STORED)

    @property
    def content(self) -> str:
        lines = [row.format(name) for name in self._names for row in _ROWS]
        return "\n".join(["code,maximumuses,withdrawn,reason,deleted", *lines, ""])

    @property
    def outcomes(self) -> list[str]:
        return [*_ROWS.values()] * self.cycles

    async def violations(self, database: Database, job_id: int) -> list[str]:
        """What is not as if the import had run once and undisturbed; empty when all is well."""
        found = await results_of(database, job_id)
        job = found.job
        failing = [number for number, one in enumerate(self.outcomes, 1) if one == "FAILED"]
        made = [text for name in self._names for text in (f"new-{name}", f"new-{name}-limited")]
        outcomes = self.outcomes
        facts = {
            "status": (job["status"], "WARNINGS"),
            "rows": ((job["total"], job["parsed"], job["processed"]), (self.rows,) * 3),
            "counts": (
                found.counts,
                {counter: outcomes.count(one) for one, counter in _COUNTERS.items()},
            ),
            "numbers": ([one["row"] for one in found.results], [*range(1, self.rows + 1)]),
            "outcomes": (found.outcomes, outcomes),
            "staged": (await staged(database, job_id), failing),
            "made": (await code_texts(database, job_id), made),
            "stored": (await self._stored(database), self._expected()),
            "told": (
                await _told(database, job_id),
                {"UPDATED": self.cycles, "WITHDRAWN": self.cycles},
            ),
            "remembered twice": (await _remembered_twice(database), 0),
            "ends": (await _ends(database, job_id), 1),
        }
        wrong = [name for name, (actual, expected) in facts.items() if actual != expected]
        return [*wrong, *await disagreements(database)]

    async def _stored(self, database: Database) -> dict[str, tuple[object, ...]]:
        rows = await read_all(
            database,
            "SELECT text, version, max_uses, withdrawal_reason FROM code"
            " WHERE created_by_job_id = (SELECT MIN(created_by_job_id) FROM code WHERE text = $1)",
            f"same-{self.name}-0",
        )
        return {
            row["text"]: (row["version"], row["max_uses"], row["withdrawal_reason"]) for row in rows
        }

    def _expected(self) -> dict[str, tuple[object, ...]]:
        after = {"raised": (2, 9, None), "withdrawn": (2, None, "burnt"), "same": (1, None, None)}
        return {f"{kind}-{name}": facts for name in self._names for kind, facts in after.items()}


async def _told(database: Database, job_id: int) -> dict[str, int]:
    """How many events there are of each kind; each code has one."""
    rows = await read_all(
        database,
        "SELECT kind, COUNT(*) AS told, COUNT(DISTINCT code_id) AS codes FROM code_event"
        " WHERE job_id = $1 GROUP BY kind",
        job_id,
    )
    return {row["kind"]: row["told"] if row["told"] == row["codes"] else -1 for row in rows}


async def _remembered_twice(database: Database) -> int:
    rows = await read_all(
        database,
        "SELECT entity_id FROM revision WHERE kind = 'CODE' GROUP BY entity_id HAVING COUNT(*) > 1",
    )
    return len(rows)


async def _ends(database: Database, job_id: int) -> int:
    rows = await read_all(
        database,
        "SELECT id FROM outbox WHERE kind = 'JOB_FINISHED'"
        " AND CAST(payload ->> 'jobId' AS BIGINT) = $1",
        job_id,
    )
    return len(rows)
