import pytest

from app.domain.concealment import conceal, conceal_written, unquoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SUMMER26-9Z", "SUMM...9Z"),
        ("summer269z", "SUMM...9Z"),
        ("SUMMER269", "S..."),
        ("S-U-M-M-E-R", "S..."),
        ("abc", "A..."),
    ],
)
def test_a_code_shows_its_ends_or_its_start(text: str, shown: str) -> None:
    assert conceal(text) == shown
    assert conceal_written(text) == shown


@pytest.mark.parametrize("text", ["", "ab", "-", "not ü code", "SUMMER26+9Z", "A" * 101, "\0"])
def test_of_what_is_no_code_nothing_is_shown(text: str) -> None:
    assert conceal_written(text) == "..."


def test_messages_of_rows_keep_what_is_wrong_and_lose_what_stood_there() -> None:
    said = {"code": "UNKNOWN_FIELD", "text": "There is no field 'SUMMER-10'; look.", "value": "x"}
    assert unquoted([said, {"code": "ABORTED", "text": "Not tried."}]) == [
        {"code": "UNKNOWN_FIELD", "text": "There is no field '...'; look.", "value": None},
        {"code": "ABORTED", "text": "Not tried.", "value": None},
    ]
    assert said["value"] == "x"


@pytest.mark.parametrize("name", ["'", "''", "S'UMMER-10'A", "'SUMMER-10'", "a'; 'SUMMER-10"])
def test_quotes_inside_of_a_quotation_do_not_end_it(name: str) -> None:
    (told,) = unquoted([{"text": f"There is no field '{name}'; it is spelled 'code'."}])
    assert told["text"] == "There is no field '...'."


@pytest.mark.parametrize(("field", "shown"), [("validTo", "validTo"), ("SUMMER-10", None)])
def test_a_field_that_does_not_exist_may_be_a_code(field: str, shown: str | None) -> None:
    (told,) = unquoted([{"text": "No.", "field": field}])
    assert told["field"] == shown
