"""The statement that a document becomes, by the service's own plan, in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.config import Settings
from app.database import Database, Row
from app.database.lanes import GENERAL, Lane
from tests.graphql.asking import Asking


class Noting(Database):
    """A database that notes what it reads."""

    def __init__(self, settings: Settings, lane: Lane = GENERAL) -> None:
        super().__init__(settings, lane)
        self.noted: list[tuple[str, tuple[object, ...]]] = []

    async def read(self, sql: str, *values: object) -> list[Row]:
        self.noted.append((sql, values))
        return await super().read(sql, *values)

    async def asked(
        self, document: str, **variables: object
    ) -> tuple[str, tuple[object, ...], dict[str, Any]]:
        """The one statement of a document, its values, and the answer."""
        self.noted.clear()
        answer = await Asking(self).data(document, **variables)
        ((sql, values),) = self.noted
        return sql, values, answer


@asynccontextmanager
async def noting(settings: Settings) -> AsyncIterator[Noting]:
    database = await Noting.open(settings)
    try:
        yield database
    finally:
        await database.close()
