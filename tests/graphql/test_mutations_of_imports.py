"""Importing a file that comes as text inside a mutation."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.database import Database
from tests.graphql.service import Running, running
from tests.graphql.writing import LATER, create, payload, refused
from tests.making import count_rows

IMPORT = """mutation ($input: ImportCodesInput!) { importCodes(input: $input) {
  job {
    id kind status reference fileName size notBefore submittedBy campaign { key }
    sameFileAs { id }
  }
  userErrors { code message field }
} }"""
CSV = "code\nZOË-10\n"
GIVEN = {"campaignKey": "typed", "format": "CSV", "content": CSV, "notBefore": LATER}


async def create_source(service: Running) -> None:
    await create(service, kind="SOURCE", name="Typed", key="TYPED", firstCode={"code": "TYPED-1"})


async def test_the_text_becomes_a_file_and_a_job(service: Running) -> None:
    await create_source(service)
    given = {
        **GIVEN,
        "fileName": "june.csv",
        "reference": "po-1",
        "mode": "UPDATE_ONLY",
        "onError": "ABORT",
        "dryRun": True,
        "idempotencyKey": "once",
    }
    found = await payload(service, IMPORT, **given)
    assert found == {
        "job": {
            "id": found["job"]["id"],
            "kind": "IMPORT",
            "status": "PENDING",
            "reference": "po-1",
            "fileName": "june.csv",
            "size": "13",
            "notBefore": LATER,
            "submittedBy": "Demo",
            "campaign": {"key": "TYPED"},
            "sameFileAs": None,
        },
        "userErrors": [],
    }
    assert await payload(service, IMPORT, **given) == found
    assert await refused(service, IMPORT, **{**given, "dryRun": False}) == [
        ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    ]


async def test_nulls_are_not_given(service: Running) -> None:
    await create_source(service)
    optional = ("fileName", "reference", "mode", "onError", "dryRun", "idempotencyKey")
    first = await payload(service, IMPORT, **GIVEN, **dict.fromkeys(optional))
    again = await payload(service, IMPORT, **GIVEN)
    assert again["job"]["sameFileAs"] == {"id": first["job"]["id"]}


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"campaignKey": "NONE"}, [("NOT_FOUND", ["campaignKey"])]),
        ({"campaignKey": "MADE"}, [("CAMPAIGN_KIND_MISMATCH", ["campaignKey"])]),
        ({"content": ""}, [("INVALID_VALUE", ["content"])]),
        (
            {"fileName": "\n", "reference": "", "notBefore": "2999-01-01T00:00:00Z"},
            [
                ("INVALID_VALUE", ["reference"]),
                ("INVALID_VALUE", ["notBefore"]),
                ("INVALID_VALUE", ["fileName"]),
            ],
        ),
    ],
)
async def test_refused(
    service: Running,
    database: Database,
    change: dict[str, object],
    errors: list[tuple[str, list[str]]],
) -> None:
    await create_source(service)
    await create(service, name="Made", key="MADE")
    assert await refused(service, IMPORT, **{**GIVEN, **change}) == errors
    assert await count_rows(database, "file") == 0
    assert await count_rows(database, "job") == 0


class TestSizes:
    @pytest.fixture
    async def service(self, settings: Settings) -> AsyncIterator[Running]:
        changes = {"secret": SecretStr("a secret of tests"), "max_upload_bytes": 13}
        async with running(settings.model_copy(update=changes)) as found:
            yield found

    async def test_bytes_are_counted_and_not_letters(self, service: Running) -> None:
        await create_source(service)
        assert (await payload(service, IMPORT, **GIVEN))["job"]["size"] == "13"
        found = await payload(service, IMPORT, **{**GIVEN, "content": f"{CSV}\n"})
        assert found == {
            "job": None,
            "userErrors": [
                {
                    "code": "INVALID_VALUE",
                    "message": "Give a text of 1 to 13 bytes.",
                    "field": ["content"],
                }
            ],
        }
