"""How many statements a service needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.database import Database, Transaction

_METHODS = ("fetch", "execute", "execute_query", "execute_query_dict")


def noted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods by which transactions from now on ask the database, one for each statement."""
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

        async def asking(*arguments: object, **options: object) -> object:
            found.append(name)
            return await method(*arguments, **options)

        setattr(tx.client, name, asking)

    monkeypatch.setattr(database, "transaction", noting)
    return found
