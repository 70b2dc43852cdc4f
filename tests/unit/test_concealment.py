import pytest

from app.domain.concealment import conceal, conceal_written


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
