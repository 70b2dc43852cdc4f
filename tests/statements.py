"""Which statements a service needs."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from app.database import Database, Transaction

_METHODS = ("fetch", "execute", "execute_query", "execute_query_dict")


def noted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What transactions from now on ask the database, statement by statement."""
    found: list[str] = []
    begin = database.transaction

    @asynccontextmanager
    async def noting() -> AsyncIterator[Transaction]:
        async with begin() as tx:
            for name in _METHODS:
                note(tx, name)
            yield tx

    def note(tx: Transaction, name: str) -> None:
        method = getattr(tx.client, name)

        async def asking(sql: str, *arguments: object, **options: object) -> object:
            found.append(sql)
            return await method(sql, *arguments, **options)

        setattr(tx.client, name, asking)

    monkeypatch.setattr(database, "transaction", noting)
    return found


def verbs(statements: Iterable[str]) -> list[str]:
    """What each statement does, however many values it is given."""
    return [sql.split(maxsplit=1)[0] for sql in statements]
