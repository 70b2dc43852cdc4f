"""The few places where PostgreSQL and SQLite need different words for the same thing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal


class Dialect(ABC):
    """SQL fragments; every argument is declared text of ours, never a caller's value.

    A list bound to `$n` is an array on PostgreSQL and a JSON text on SQLite; the functions below
    turn either into rows, so one statement and one list of arguments serve both.
    """

    name: Literal["postgres", "sqlite"]
    # Appended to a SELECT to lock its rows. SQLite's only writer holds every row already.
    lock: str
    lock_or_skip: str

    @abstractmethod
    def json(self, expression: str) -> str:
        """Return `expression`, a JSON text, as a value for a JSON column."""

    @abstractmethod
    def cast(self, placeholder: str, kind: str) -> str:
        """Return a placeholder that stands where nothing else tells PostgreSQL its type."""

    @abstractmethod
    def among(self, expression: str, placeholder: str, kind: str) -> str:
        """Return the condition that `expression` is in the bound list of PostgreSQL type `kind`."""

    @abstractmethod
    def pairs(self, name: str, placeholder: str) -> str:
        """Return a FROM item with the rows (key, value) of a bound JSON object of texts.

        Ten thousand pairs take a few milliseconds; on SQLite `rows` would join two lists.
        """

    @abstractmethod
    def rows(self, name: str, columns: Mapping[str, str], first: int = 1) -> str:
        """Return a FROM item `name` with one row for each position of the bound lists.

        `columns` maps each column to its PostgreSQL type; the lists, all of one length, are bound
        from `$first` on in that order. The column `position` counts from 0.
        """

    @abstractmethod
    def records(self, name: str, columns: Mapping[str, str], placeholder: str) -> str:
        """Return a FROM item `name` with one row for each object of a bound JSON list.

        `columns` maps each column, which is a key of the objects, to its PostgreSQL type; JSON
        inside an object is a JSON column.
        """

    @abstractmethod
    def fresh_ids(self, table: str, placeholder: str) -> str:
        """Return a SELECT of rows (name, id): as many ids as are bound, never drawn again.

        On SQLite they are nobody else's as long as the writer is held, and not taken by a
        transaction that rolls back.
        """


class Postgres(Dialect):
    name = "postgres"
    lock = " FOR NO KEY UPDATE"
    lock_or_skip = " FOR NO KEY UPDATE SKIP LOCKED"

    def json(self, expression: str) -> str:
        return f"{expression}::jsonb"

    def cast(self, placeholder: str, kind: str) -> str:
        return f"{placeholder}::{kind}"

    def among(self, expression: str, placeholder: str, kind: str) -> str:
        return f"{expression} = ANY({placeholder}::{kind}[])"

    def pairs(self, name: str, placeholder: str) -> str:
        return f"json_each_text({placeholder}::json) AS {name}"

    def rows(self, name: str, columns: Mapping[str, str], first: int = 1) -> str:
        lists = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(columns.values(), first))
        names = ", ".join(columns)
        return (
            f"(SELECT {names}, ordinality - 1 AS position"
            f" FROM unnest({lists}) WITH ORDINALITY AS lists({names}, ordinality)) AS {name}"
        )

    def records(self, name: str, columns: Mapping[str, str], placeholder: str) -> str:
        typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        return f"json_to_recordset({placeholder}::json) AS {name}({typed})"

    def fresh_ids(self, table: str, placeholder: str) -> str:
        return (
            f"SELECT '{table}' AS name, nextval('{table}_id_seq') AS id"
            f" FROM generate_series(1, {placeholder}::bigint)"
        )


class Sqlite(Dialect):
    name = "sqlite"
    lock = ""
    lock_or_skip = ""

    def json(self, expression: str) -> str:
        return expression

    def cast(self, placeholder: str, kind: str) -> str:  # noqa: ARG002 - SQLite's values carry their kind
        return placeholder

    def among(self, expression: str, placeholder: str, kind: str) -> str:  # noqa: ARG002 - JSON values carry their kind
        return f"{expression} IN (SELECT value FROM json_each({placeholder}))"

    def pairs(self, name: str, placeholder: str) -> str:
        return f"json_each({placeholder}) AS {name}"

    def rows(self, name: str, columns: Mapping[str, str], first: int = 1) -> str:
        numbered = list(enumerate(columns, first))
        values = ", ".join(f"list{n}.value AS {column}" for n, column in numbered)
        lists = " JOIN ".join(
            f"json_each(${n}) AS list{n}"
            + (f" ON list{n}.key = list{first}.key" if n > first else "")
            for n, _ in numbered
        )
        return f"(SELECT {values}, list{first}.key AS position FROM {lists}) AS {name}"

    def records(self, name: str, columns: Mapping[str, str], placeholder: str) -> str:
        values = ", ".join(f"value ->> '{column}' AS {column}" for column in columns)
        return f"(SELECT {values} FROM json_each({placeholder})) AS {name}"

    def fresh_ids(self, table: str, placeholder: str) -> str:
        last = f"COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0)"
        numbers = (
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
            f" WHERE n < {placeholder}) SELECT n FROM numbers"
        )
        return f"SELECT '{table}' AS name, {last} + n AS id FROM ({numbers})"


POSTGRES = Postgres()
SQLITE = Sqlite()
