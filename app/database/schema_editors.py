"""Schema editors that carry out everything a model declares.

Tortoise's own create a table without `Meta.constraints`, refuse conditional uniques on SQLite, and
lose a table's indexes when SQLite has to remake it.
"""

from dataclasses import replace
from typing import Any

from tortoise.exceptions import UnSupportedError
from tortoise.fields import Field
from tortoise.migrations.operations import RunSQL
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_editor.data import ModelSqlData
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.models import Model

from app.database.schema import Check, PrimaryKey, Unique

Constraint = Unique | Check


class DeclaredSchemaEditor(BaseSchemaEditor):
    """Creates a table whole: key of several columns, CHECKs, and each UNIQUE as a named index.

    A unique index may have a condition, bears its own name on both databases, and appears under
    that name in the error when a row violates it.
    """

    _creating: type[Model] | None = None

    async def _run_sql(self, sql: str) -> None:
        await BaseSchemaEditor._run_sql(self, sql)  # noqa: SLF001 - past the dialects' own splitting

    def _get_model_sql_data(self, model: type[Model]) -> ModelSqlData:
        self._creating = model
        data = super()._get_model_sql_data(model)
        self._creating = None
        uniques = [self._unique_index(model, unique) for unique in uniques_of(model)]
        return replace(data, table_sql="\n".join([data.table_sql, *uniques]))

    def _get_inner_statements(self) -> list[str]:
        declared = self._creating._meta.constraints if self._creating else ()  # noqa: SLF001 - Tortoise's metadata
        return [
            self._key_of_columns(rule) if isinstance(rule, PrimaryKey) else _check(rule)
            for rule in declared
            if isinstance(rule, PrimaryKey | Check)
        ]

    def _get_field_sql(  # noqa: PLR0913, PLR0917 - Tortoise's signature
        self,
        db_field: str,
        field_type: str,
        nullable: bool,  # noqa: FBT001
        unique: bool,  # noqa: FBT001
        is_pk: bool,  # noqa: FBT001
        comment: str,
    ) -> str:
        if self._creating and has_key_of_columns(self._creating):
            unique = is_pk = False
        return super()._get_field_sql(db_field, field_type, nullable, unique, is_pk, comment)

    def _key_of_columns(self, key: PrimaryKey) -> str:
        return (
            f'CONSTRAINT "{key.name}" PRIMARY KEY ({self._format_index_fields(list(key.fields))})'
        )

    def _unique_index(self, model: type[Model], unique: Unique) -> str:
        columns = self._format_index_fields(list(unique.fields))
        condition = f" WHERE {unique.condition}" if unique.condition else ""
        table = self.quote(model._meta.db_table)  # noqa: SLF001 - Tortoise's metadata
        return f'CREATE UNIQUE INDEX "{unique.name}" ON {table} ({columns}){condition};'

    async def add_constraint(self, model: type[Model], constraint: Constraint) -> None:
        if isinstance(constraint, Check):
            await super().add_constraint(model, constraint)
        else:
            _refuse_key(constraint)
            await self._run_sql(self._unique_index(model, constraint))

    async def remove_constraint(self, model: type[Model], constraint: Constraint) -> None:
        if isinstance(constraint, Check):
            await super().remove_constraint(model, constraint)
        else:
            _refuse_key(constraint)
            await self._run_sql(f'DROP INDEX "{constraint.name}"')

    async def rename_constraint(
        self, model: type[Model], old_constraint: Constraint, new_constraint: Constraint
    ) -> None:
        await self.remove_constraint(model, old_constraint)
        await self.add_constraint(model, new_constraint)


class PostgresSchemaEditor(DeclaredSchemaEditor, AsyncpgSchemaEditor):
    pass


class DeclaredSqliteSchemaEditor(DeclaredSchemaEditor, SqliteSchemaEditor):
    """SQLite changes most things by making the table anew; its indexes come with it."""

    async def remove_constraint(self, model: type[Model], constraint: Constraint) -> None:
        if isinstance(constraint, Check):
            # The model still declares what is to go, and the new table would get it again.
            kept = tuple(c for c in model._meta.constraints if c != constraint)  # noqa: SLF001 - Tortoise's metadata
            model._meta.constraints = kept  # noqa: SLF001
        await super().remove_constraint(model, constraint)

    async def _remake_table(
        self,
        model: type[Model],
        create_field: Field[Any] | None = None,
        delete_field: Field[Any] | None = None,
        alter_fields: list[tuple[Field[Any], Field[Any]]] | None = None,
    ) -> None:
        table = model._meta.db_table  # noqa: SLF001 - Tortoise's metadata
        if has_key_of_columns(model):
            raise UnSupportedError(f"{table} has a key of several columns: change it by RunSQL")
        _, indexes = await self.client.execute_query(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
            " AND sql IS NOT NULL",
            [table],
        )
        await super()._remake_table(model, create_field, delete_field, alter_fields)
        for index in indexes:
            await self._run_sql(f"{index['sql']};")


class OnPostgres(RunSQL):
    """SQL that only PostgreSQL needs, such as storage parameters."""

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        if isinstance(state_editor, PostgresSchemaEditor):
            await super().database_forward(app_label, old_state, new_state, state_editor)


def uniques_of(model: type[Model]) -> list[Unique]:
    """Return the uniques that the model declares besides its key."""
    declared = model._meta.constraints  # noqa: SLF001 - Tortoise's metadata
    return [c for c in declared if isinstance(c, Unique) and not isinstance(c, PrimaryKey)]


def has_key_of_columns(model: type[Model]) -> bool:
    return any(isinstance(c, PrimaryKey) for c in model._meta.constraints)  # noqa: SLF001 - Tortoise's metadata


def _check(check: Check) -> str:
    return f'CONSTRAINT "{check.name}" CHECK ({check.check})'


def _refuse_key(constraint: Unique) -> None:
    if isinstance(constraint, PrimaryKey):
        raise UnSupportedError(f"{constraint.name}: keys change by RunSQL")
