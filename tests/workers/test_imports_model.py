"""Files of odd rows, against a model of one page that knows no database and no chunks."""

import io
import json
import random  # noqa: TID251 - rows that the seed of the run, which is printed, repeats
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC
from typing import Any

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

FILES = 12
UNUSED = CodeUsage(redeemed=False, reserved=0, cashback=False)
# Few codes, so that they meet; each in several ways to write it, and some that are none.
CODES = [
    *(
        f"{letter * 3}{separator}{digit}"
        for letter in "ABCD"
        for separator in " -_"
        for digit in "12"
    ),
    *(
        "aaa1",
        "\uff21\uff21\uff211",
        "TYPED-1",
        "FOREIGN",
        "",
        "-",
        "A",
        "A" * 101,
        "\u00c4RGER",
        4711,
        None,
        1.5,
        ["A"],
    ),
]
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
    "withdrawn": [None, False, True, "no"],
    "reason": [None, "", "printed twice"],
    "deleted": [None, False, False, True],
    "colour": ["red"],
}


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
            at = before.withdrawn_at or (NOW if one.reason is not None else None)
            self.codes[form] = replace(before, facts=one.facts, withdrawn_at=at)


def _code(row: FileRow) -> tuple[str | None, list[RowMessage], dict[str, Any]]:
    values, said = dict(row.values), list(row.messages)
    code = values.pop("code", None)
    try:
        return normal_form(text(code) or ""), said, values
    except (CodeTextError, Unfit) as error:
        if not any(message.field == "code" for message in said):
            said.insert(0, bad_code(error, code))
        return None, said, values


def odd_row() -> dict[str, Any]:
    row = {"code": random.choice(CODES)}  # noqa: S311 - as above
    for name in random.sample(sorted(VALUES), random.choice([0, 1, 1, 2, 3])):  # noqa: S311 - as above
        odd = random.random() < 0.1  # noqa: S311 - as above
        row[name] = random.choice(ODD if odd else VALUES[name])  # noqa: S311 - as above
    return row


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
    form = random.choice(sorted(free))  # noqa: S311 - as above
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


@pytest.mark.timeout(600)
async def test_files_of_odd_rows_do_what_the_model_says(
    shop: Workshop, campaign_id: int, monkeypatch: pytest.MonkeyPatch, *, long: bool
) -> None:
    database = shop.database
    groups = {key: await make_group(database, campaign_id, key) for key in ("SPRING", "AUTUMN")}
    await make_source(database, "FOREIGN", "Other", "OTHER")
    plain = StoredCode(0, 1, SourceCodeDraft(""), 0, None, UNUSED)
    model = Model(Rules(1, ImportMode.UPSERT, groups))
    model.codes = {"TYPED1": plain, "FOREIGN": replace(plain, campaign_id=2)}
    for _ in range(10 * FILES if long else FILES):
        rows = [odd_row() for _ in range(random.randint(1, 40))]  # noqa: S311 - as above
        content = json.dumps({"codes": rows})
        size = random.randint(1, 9)  # noqa: S311 - as above
        for module in (import_applying, import_staging):
            monkeypatch.setattr(module, "CHUNK_ROWS", {"postgres": size, "sqlite": size})
        mode = random.choice([*ImportMode, ImportMode.UPSERT])  # noqa: S311 - as above
        on_error = random.choice([*OnError, OnError.CONTINUE])  # noqa: S311 - as above
        dry = random.random() < 0.2  # noqa: S311 - as above
        model.rules = replace(model.rules, mode=mode)
        read = list(open_import(io.BytesIO(content.encode()), FileFormat.JSON))
        decided = model.run(read, on_error, dry=dry)
        found = await imported(
            shop,
            content,
            file_format=FileFormat.JSON,
            mode=mode,
            on_error=on_error,
            dry_run=dry,
        )
        check(found, decided)
        facts = {
            form: (one.facts, one.withdrawn_at is not None) for form, one in model.codes.items()
        }
        assert await stored_codes(database) == facts
        await hold_one(database, model)
    # Reservations of this test come without their events.
    assert [told for told in await disagreements(database) if "reservation" not in told] == []
