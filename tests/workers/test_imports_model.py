"""Files of odd rows, against a model of one page that knows no database and no chunks."""

import io
import json
import random  # noqa: TID251 - rows that the seed of the run, which is printed, repeats
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC
from typing import Any, TypeVar

import pytest

from app.database import Database
from app.database.instants import from_row
from app.domain.campaigns import AvailableTo
from app.domain.code_text import CodeTextError, displayed, normal_form
from app.domain.codes import CodeUsage
from app.domain.import_files import FileFormat, FileRow, ImportMode, OnError, RowMessage
from app.domain.import_rows import (
    Decision,
    Rules,
    StoredCode,
    aborted,
    bad_code,
    decide_known,
    decide_new,
    duplicate,
    failed,
    read_wish,
)
from app.domain.import_values import Unfit, text
from app.domain.rows import RowOutcome
from app.domain.source_codes import SourceCodeDraft
from app.files.import_reader import open_import
from app.services import import_applying, import_staging
from app.services.consistency import disagreements
from tests.making import NOW, make_group, make_source, read_all
from tests.services.using import reserve
from tests.workers.importing import FAR, Imported, imported
from workers.turns import Workshop

T = TypeVar("T")
UNUSED = CodeUsage(redeemed=False, reserved=0, cashback=False)
# Few codes, so that files meet them again, and some that are none.
CODES = [f"{letter * 3}{{}}{digit}" for letter in "ABCDEFGH" for digit in "12"]
SIGNS = ["", "-", " ", "\u2010"]
NO_CODES = ["TYPED-1", "FOREIGN", "", "-", "A", "A" * 101, "\u00c4RGER", 4711, None, 1.5, ["A"]]
ODD = [
    "",
    " ",
    "x" * 600,
    "\u200b",
    "\u0000",
    "\ud800",
    "\uff15",
    True,
    0,
    -1,
    2.5,
    10**30,
    [1],
    {"a": 1},
]
VALUES: dict[str, list[Any]] = {
    "group": [None, "spring", "AUTUMN", "winter", 7],
    "maximumUses": [None, 1, 2, "3", 5, " 4 "],
    "usesPerCustomer": [None, 1, "2"],
    "validFrom": [None, "2026-06-01", "2026-06-02T00:00", "2026-06-03T00:00:00+02:00"],
    "validTo": [None, "2026-06-02", "2026-06-09T00:00", "2026-02-30"],
    "issuedToCustomerId": [None, "C-1", "c-1", " C-2 ", 9],
    "availableTo": [None, "any_customer", "ONLY_ISSUED_TO"],
}
MORE: list[dict[str, Any]] = [
    {"withdrawn": True, "reason": "printed twice"},
    {"withdrawn": True},
    {"withdrawn": False},
    {"reason": "printed twice"},
    {"deleted": True},
    {"deleted": True},
    {"deleted": "maybe"},
    {"colour": "red"},
]


@dataclass
class Model:
    """Codes by normal form, as they stand."""

    rules: Rules
    codes: dict[str, StoredCode] = field(default_factory=dict)

    def run(self, rows: list[FileRow], on_error: OnError, *, dry: bool) -> list[Decision]:
        first: dict[str, int] = {}
        decided: list[tuple[str | None, Decision]] = []
        for row in rows:
            form, said, values = _code(row)
            if form in first:
                said.append(duplicate(first[form], displayed(text(row.values["code"]) or "")))
                form = None
            elif form is not None:
                first[form] = row.number
            wish = read_wish(values, UTC)
            wish = replace(wish, messages=(*said, *wish.messages))
            stored = self.codes.get(form or "")
            if form is None:
                decision = failed(wish.messages)
            elif stored is None:
                decision = decide_new(wish, self.rules)
            else:
                decision = decide_known(wish, stored, self.rules)
            decided.append((form, decision))
        if on_error == OnError.ABORT and any(one.outcome == "FAILED" for _, one in decided):
            return [aborted(one) for _, one in decided]
        for form, one in decided:
            if form is not None and not dry:
                self._apply(form, one)
        return [one for _, one in decided]

    def _apply(self, form: str, one: Decision) -> None:
        if one.outcome == RowOutcome.DELETED:
            del self.codes[form]
        elif one.facts is not None and one.outcome != RowOutcome.FAILED:
            before = self.codes.get(form) or StoredCode(0, 1, one.facts, 0, None, UNUSED)
            after = replace(before, facts=one.facts)
            if one.reason is not None:
                # Nothing is held of a withdrawn code.
                after = replace(after, withdrawn_at=NOW, usage=UNUSED)
            self.codes[form] = after


def _code(row: FileRow) -> tuple[str | None, list[RowMessage], dict[str, Any]]:
    values, said = dict(row.values), list(row.messages)
    code = values.pop("code", None)
    try:
        return normal_form(text(code) or ""), said, values
    except (CodeTextError, Unfit) as error:
        if not any(message.field == "code" for message in said):
            said.insert(0, bad_code(error, code))
        return None, said, values


def chance(of: float) -> bool:
    return random.random() < of  # noqa: S311 - as above


def any_of(choices: Sequence[T]) -> T:
    return random.choice(choices)  # noqa: S311 - as above


def odd_row() -> dict[str, Any]:
    code = any_of(CODES).format(any_of(SIGNS))
    row = {"code": any_of(NO_CODES) if chance(0.05) else code}
    for name, usual in VALUES.items():
        if chance(0.2):
            row[name] = any_of(ODD if chance(0.03) else usual)
    return row | any_of(MORE) if chance(0.2) else row


async def stored_codes(database: Database) -> dict[str, tuple[SourceCodeDraft, bool]]:
    rows = await read_all(
        database,
        "SELECT code.*, number FROM code LEFT JOIN customer ON customer.id = issued_to_id",
    )
    return {
        row["normal_form"]: (
            SourceCodeDraft(
                "",
                from_row(row["valid_from"]),
                from_row(row["valid_to"]),
                row["max_uses"],
                row["uses_per_customer"],
                group_id=row["group_id"],
                issued_to=row["number"],
                available_to=AvailableTo(row["available_to"]),
            ),
            row["withdrawn_at"] is not None,
        )
        for row in rows
    }


async def hold_one(database: Database, model: Model) -> None:
    """Somebody reserves a code; from then on it has a use that counts."""
    free = [form for form, one in model.codes.items() if one.withdrawn_at is None]
    form = any_of(sorted(free))
    (row,) = await read_all(database, "SELECT id FROM code WHERE normal_form = $1", form)
    held = model.codes[form].usage.reserved
    await reserve(database, row["id"], f"s-{held}", FAR)
    usage = replace(UNUSED, reserved=held + 1)
    model.codes[form] = replace(model.codes[form], usage=usage)


def check(found: Imported, decided: list[Decision]) -> None:
    told = [(one["outcome"], one["messages"]) for one in found.results]
    expected = [(one.outcome, [asdict(said) for said in one.messages]) for one in decided]
    assert told == expected
    outcomes = [one.outcome.value for one in decided]
    assert sum(found.counts.values()) == len(outcomes) == found.job["total"]
    assert found.job["failed"] == outcomes.count("FAILED")


async def import_one(shop: Workshop, model: Model) -> None:
    rows = [odd_row() for _ in range(any_of(range(1, 15)))]
    content = json.dumps({"codes": rows})
    mode = any_of([*ImportMode, ImportMode.UPSERT, ImportMode.UPSERT])
    on_error, dry = any_of([*OnError]), chance(0.2)
    model.rules = replace(model.rules, mode=mode)
    read = list(open_import(io.BytesIO(content.encode()), FileFormat.JSON))
    decided = model.run(read, on_error, dry=dry)
    asked = {"mode": mode, "on_error": on_error, "dry_run": dry}
    check(await imported(shop, content, file_format=FileFormat.JSON, **asked), decided)
    facts = {form: (one.facts, one.withdrawn_at is not None) for form, one in model.codes.items()}
    assert await stored_codes(shop.database) == facts


@pytest.fixture
async def model(shop: Workshop, campaign_id: int) -> Model:
    keys = ("SPRING", "AUTUMN")
    groups = {key: await make_group(shop.database, campaign_id, key) for key in keys}
    await make_source(shop.database, "FOREIGN", "Other", "OTHER")
    plain = StoredCode(0, 1, SourceCodeDraft(""), 0, None, UNUSED)
    foreign = replace(plain, campaign_id=2)
    return Model(Rules(1, ImportMode.UPSERT, groups), {"TYPED1": plain, "FOREIGN": foreign})


async def import_many(
    shop: Workshop, model: Model, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(files):
        size = any_of(range(1, 10))
        for module in (import_applying, import_staging):
            monkeypatch.setattr(module, "CHUNK_ROWS", {"postgres": size, "sqlite": size})
        await import_one(shop, model)
        await hold_one(shop.database, model)


@pytest.mark.timeout(600)
async def test_files_of_odd_rows_do_what_the_model_says(
    shop: Workshop, model: Model, monkeypatch: pytest.MonkeyPatch, *, long: bool
) -> None:
    await import_many(shop, model, 2_000 if long else 100, monkeypatch)
    # Reservations of this test come without their events.
    told = await disagreements(shop.database)
    assert [one for one in told if "reservation" not in one] == []


async def test_that_uses_are_not_looked_at_would_be_seen(
    shop: Workshop, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_applying, "_looks_at_uses", lambda _: False)
    with pytest.raises(AssertionError):
        await import_many(shop, model, 300, monkeypatch)
