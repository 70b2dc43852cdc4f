from typing import Any

import pytest

from app.database import Database
from app.domain.callers import Scope
from app.domain.code_text import normal_form
from tests.graphql.asking import Asking

DOCUMENT = """query Q($input: MaskPreviewInput!) { maskPreview(input: $input) {
    mask samples capacity randomBits warnings { code message }
    userErrors { code message field } } }"""


@pytest.fixture
def asking(sqlite_settings: Any) -> Asking:  # noqa: ANN401 - only its tables' presence matters
    return Asking(Database(sqlite_settings))


async def shown(asking: Asking, **given: object) -> Any:  # noqa: ANN401 - the document says
    return (await asking.data(DOCUMENT, input=given))["maskPreview"]


async def test_a_series_shows_its_next_numbers_and_a_warning(asking: Asking) -> None:
    answer = await shown(asking, mask="PROMO-00000#", nextNumber="42", samples=3)
    assert answer["samples"] == ["PROMO-000042", "PROMO-000043", "PROMO-000044"]
    assert (answer["capacity"], answer["randomBits"]) == (None, 0.0)
    assert [one["code"] for one in answer["warnings"]] == ["CODE_GUESSABLE"]
    assert answer["userErrors"] == []


async def test_the_default_mask_is_safe(asking: Asking) -> None:
    answer = await shown(asking)
    assert (answer["mask"], answer["randomBits"]) == ("????-????-????!", 60.0)
    assert answer["capacity"] == str(32**12)
    assert len({normal_form(sample) for sample in answer["samples"]}) == 5
    assert answer["warnings"] == []


async def test_many_codes_of_a_short_mask_can_be_guessed(asking: Asking) -> None:
    answer = await shown(asking, mask="??????!", codes=100_000)
    assert [one["code"] for one in answer["warnings"]] == ["GUESS_CHANCE_HIGH"]
    assert (await shown(asking, mask="??????!"))["warnings"] == []


async def test_a_shorthand_is_written_out(asking: Asking) -> None:
    answer = await shown(asking, prefix="VIP-", length=8, excludedCharacters="AE")
    assert answer["mask"] == "VIP-????-????!~AE"
    assert all(sample.startswith("VIP-") for sample in answer["samples"])


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"mask": "SUMMER"}, "MASK_NO_VARIABLE_PART", "mask"),
        ({"mask": "##"}, "MASK_MULTIPLE_SERIES", "mask"),
        ({"prefix": "é"}, "MASK_BAD_CHAR", "prefix"),
        ({"mask": "????", "length": 4}, "INVALID_VALUE", "mask"),
        ({"samples": 0}, "INVALID_VALUE", "samples"),
        ({"samples": 21}, "INVALID_VALUE", "samples"),
        ({"nextNumber": "0"}, "INVALID_VALUE", "nextNumber"),
        ({"nextNumber": 10**18}, "INVALID_VALUE", "nextNumber"),
        ({"codes": 0}, "INVALID_VALUE", "codes"),
        ({"length": 0}, "INVALID_VALUE", "length"),
        ({"length": 10_000}, "MASK_TOO_LONG", "length"),
        ({"excludedCharacters": "é"}, "MASK_BAD_CHAR", "excludedCharacters"),
    ],
)
async def test_what_is_no_mask_has_reasons(
    asking: Asking, given: dict[str, object], code: str, field: str
) -> None:
    answer = await shown(asking, **given)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [(code, [field])]
    assert (answer["mask"], answer["samples"], answer["warnings"]) == (None, [], [])


async def test_a_preview_is_for_who_reads_codes_or_makes_campaigns(asking: Asking) -> None:
    asking.scopes = frozenset(Scope) - {Scope.CODES_READ, Scope.CAMPAIGNS_WRITE}
    result = await asking(DOCUMENT, input={})
    assert [error.message for error in result.errors or ()] == [
        "Query.maskPreview needs the scope campaigns:write or codes:read."
    ]
    for scope in (Scope.CODES_READ, Scope.CAMPAIGNS_WRITE):
        asking.scopes = frozenset({scope})
        assert (await shown(asking))["mask"] == "????-????-????!"
