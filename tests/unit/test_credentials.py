import pytest

from app.domain.credentials import (
    MAX_LENGTH,
    NOT_READABLE,
    SHOWN_TWICE,
    TOO_LONG,
    Shown,
    Unauthenticated,
    bearer,
)


def test_nothing_is_shown() -> None:
    assert bearer(Shown()) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Bearer pgk_a_b", "pgk_a_b"),
        ("bearer pgk_a_b", "pgk_a_b"),
        ("BEARER  pgk_a_b ", "pgk_a_b"),
        ("Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="),
        ("Bearer " + "x" * (MAX_LENGTH - 7), "x" * (MAX_LENGTH - 7)),
    ],
)
def test_a_bearer_text(value: str, text: str) -> None:
    assert bearer(Shown((value,))) == text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("",), NOT_READABLE),
        (("Bearer",), NOT_READABLE),
        (("Bearer ",), NOT_READABLE),
        (("pgk_a_b",), NOT_READABLE),
        (("Basic dXNlcjpwYXNz",), NOT_READABLE),
        (("Digest username=x",), NOT_READABLE),
        (("Bearer a b",), NOT_READABLE),
        (("Bearer a,Bearer b",), NOT_READABLE),
        (("Bearer a\nb",), NOT_READABLE),
        (("Bearer \xff\xfe",), NOT_READABLE),
        (("Bearer \udcff",), NOT_READABLE),
        (("Bearer a\0",), NOT_READABLE),
        (("Bearer =a",), NOT_READABLE),
        (("\u212bearer a",), NOT_READABLE),
        (("Bearer a", "Bearer a"), SHOWN_TWICE),
        (("Bearer a", ""), SHOWN_TWICE),
        (("Bearer " + "x" * MAX_LENGTH,), TOO_LONG),
        (("Bearer " + " " * 10**6,), NOT_READABLE),
        (("x" * 10**6,), TOO_LONG),
    ],
)
def test_anything_else_is_refused(values: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        bearer(Shown(values))
    assert (refused.value.sentence, refused.value.given) == (sentence, True)


def test_what_was_shown_is_not_in_the_representation() -> None:
    assert "pgk" not in repr(Shown(("Bearer pgk_a_b",), "192.0.2.1", "r-1"))
