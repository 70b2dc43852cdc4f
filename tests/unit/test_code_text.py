import string
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.code_text import MAX_TYPED_LENGTH, CodeTextError, displayed, normal_form
from app.domain.refusals import Problem, UserErrorCode

# Letters, accents, separators and look-alikes are far likelier to meet than in any text.
TRICKY = (
    "aZ09 -_.\u00a0\u2013\u2014\u2212\u200b\ufeff\u0301\u0308\u00df\u0131\u017f\u0130\u00e9\ufb01"
    "\uff21\u2460\u3000\u2024\u01c6\u034f\t"
)
TEXTS = st.text(st.sampled_from(TRICKY) | st.characters(), max_size=40)


def outcome(function: Callable[[str], str], text: str) -> str | UserErrorCode:
    try:
        return function(text)
    except CodeTextError as error:
        return error.code


def by_the_book(text: str) -> str:
    """The rule in its own words, with Unicode's data and without any shortcut."""
    invisible = {0xAD, 0x34F, 0x61C, 0xFEFF, *range(0x180B, 0x1810), *range(0x200B, 0x2010)}
    invisible |= {*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)}
    kept = [
        character
        for character in unicodedata.normalize("NFKC", text)
        if not character.isspace()
        and character not in "-_.\u2212\u2053"
        and unicodedata.category(character) != "Pd"
        and ord(character) not in invisible
    ]
    folded = "".join(kept).upper()
    if any(symbol not in string.ascii_uppercase + string.digits for symbol in folded):
        raise CodeTextError(UserErrorCode.CODE_BAD_CHAR, "")
    if not folded:
        raise CodeTextError(UserErrorCode.CODE_MISSING, "")
    if len(folded) < 3:
        raise CodeTextError(UserErrorCode.CODE_TOO_SHORT, "")
    if len(folded) > 100:
        raise CodeTextError(UserErrorCode.CODE_TOO_LONG, "")
    return folded


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("SUMMER10", "SUMMER10"),
        ("summer-10", "SUMMER10"),
        (" Summer_10.\t\n", "SUMMER10"),
        ("S\u2010U\u2013M\u2014M\u2212E\u2053R", "SUMMER"),
        ("SUM\u200bM\u00ad\ufeffER\u200d\u2060\u202e\ufe0f", "SUMMER"),
        ("\uff33\uff35\uff2d\uff0d\uff11", "SUM1"),
        ("stra\u00dfe", "STRASSE"),
        ("\u0131d\u01311", "IDI1"),
        ("\u017fummer", "SUMMER"),
        ("o\ufb03ce", "OFFICE"),
        ("\u2167\u2460\u2122", "VIII1TM"),
        ("a\u2026b\u2024c", "ABC"),
        ("ABC", "ABC"),
        ("-".join("7" * 100), "7" * 100),
    ],
)
def test_separators_case_and_compatible_forms_fold_away(text: str, normal: str) -> None:
    assert normal_form(text) == normal


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", UserErrorCode.CODE_MISSING, None),
        (" - _ . \u200b", UserErrorCode.CODE_MISSING, None),
        ("A-1", UserErrorCode.CODE_TOO_SHORT, None),
        ("7" * 101, UserErrorCode.CODE_TOO_LONG, None),
        ("-" * (MAX_TYPED_LENGTH + 1), UserErrorCode.CODE_TOO_LONG, None),
        ("\ufdfa" * 10_000_000, UserErrorCode.CODE_TOO_LONG, None),
        ("SUMMER!", UserErrorCode.CODE_BAD_CHAR, 7),
        ("A!", UserErrorCode.CODE_BAD_CHAR, 2),
        ("- -SUM\u20acMER", UserErrorCode.CODE_BAD_CHAR, 7),
        ("\ufb03\u0411", UserErrorCode.CODE_BAD_CHAR, 2),
        ("CAFE\u0301", UserErrorCode.CODE_BAD_CHAR, 5),
        ("CAF\u00c9", UserErrorCode.CODE_BAD_CHAR, 4),
        ("\u0130STANBUL", UserErrorCode.CODE_BAD_CHAR, 1),
        ("ABC\0", UserErrorCode.CODE_BAD_CHAR, 4),
        ("ABC\ud83d", UserErrorCode.CODE_BAD_CHAR, 4),
    ],
)
def test_what_cannot_be_a_code_is_refused(
    text: str, code: UserErrorCode, position: int | None
) -> None:
    with pytest.raises(CodeTextError) as caught:
        normal_form(text)
    assert (caught.value.code, caught.value.position) == (code, position)


def test_the_longest_text_looked_at_is_still_a_code() -> None:
    assert normal_form("ABC" + "-" * (MAX_TYPED_LENGTH - 3)) == "ABC"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SUMMER!",
            "Character 7: '!' cannot be part of a code; use letters A to Z and digits 0 to 9.",
        ),
        (
            "ABC\ud83d",
            "Character 4: U+D83D cannot be part of a code; use letters A to Z and digits 0 to 9.",
        ),
        ("A1", "A code has at least 3 letters or digits, this one has 2."),
    ],
)
def test_a_refusal_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(CodeTextError) as caught:
        normal_form(text)
    problem = caught.value.problem("firstCode", "code")
    assert problem == Problem(caught.value.code, message, ("firstCode", "code"))


@given(TEXTS)
@example("\u0308 \u00a8A")
@example("A\u034f\u0301B")
def test_the_normal_form_is_that_of_the_rule(text: str) -> None:
    assert outcome(normal_form, text) == outcome(by_the_book, text)


def test_every_single_character_folds_as_the_rule_says() -> None:
    # Beyond the first two planes there are ideographs, private and unassigned characters only.
    characters = map(chr, range(0x20000))
    differing = [
        character
        for character in characters
        # Three letters in front keep the least length out of it.
        if outcome(normal_form, "AAA" + character) != outcome(by_the_book, "AAA" + character)
    ]
    assert differing == []


@given(TEXTS)
def test_a_normal_form_is_its_own(text: str) -> None:
    normal = outcome(normal_form, text)
    if not isinstance(normal, UserErrorCode):
        assert normal_form(normal) == normal
        assert set(normal) <= set(string.ascii_uppercase + string.digits)


@given(TEXTS, st.sampled_from([" ", "-", "_", ".", "\u2014", "\u200b", "\t"]), st.integers(0, 40))
def test_separators_and_case_make_no_difference(text: str, separator: str, place: int) -> None:
    plain = outcome(normal_form, text)
    # An accent belongs to the letter before it; a separator between them may leave it alone.
    parted = "".join((text[:place], separator, text[place:]))
    if plain not in {UserErrorCode.CODE_BAD_CHAR, UserErrorCode.CODE_TOO_LONG}:
        assert outcome(normal_form, parted) == plain
        assert outcome(normal_form, text.lower()) == plain


@given(TEXTS)
def test_the_named_character_is_the_first_that_is_bad_alone(text: str) -> None:
    try:
        normal_form("AAA" + text)
    except CodeTextError as error:
        position = error.position
    else:
        position = None
    if position is not None:
        assert isinstance(normal_form(("AAA" + text)[: position - 1]), str)
        bad_alone = "AAA" + text[position - 4]
        assert outcome(normal_form, bad_alone) is UserErrorCode.CODE_BAD_CHAR


def test_the_book_catches_a_normal_form_without_compatibility_folding() -> None:
    assert outcome(str.upper, "\uff33\uff35\uff2d") != outcome(by_the_book, "\uff33\uff35\uff2d")


@given(TEXTS)
def test_what_is_displayed_is_the_same_code_on_one_line(text: str) -> None:
    shown = displayed(text)
    assert not any(character in shown for character in "\u202e\u200b\ufeff\t\n\u3000")
    try:
        wanted = normal_form(text)
    except CodeTextError:
        return
    assert normal_form(shown) == wanted
    assert displayed(shown) == shown
