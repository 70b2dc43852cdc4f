import pytest

from app.domain.concealment import conceal


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
