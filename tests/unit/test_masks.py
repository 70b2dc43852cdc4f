import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.masks import (
    ALPHABET,
    DEFAULT_MASK,
    GenerateUsing,
    Mask,
    MaskError,
    from_shorthand,
    parse,
    parse_for,
)
from app.domain.refusals import UserErrorCode


@pytest.mark.parametrize(
    ("text", "cells", "padding"),
    [
        ("PROMO-00000#", "PROMO-#", 6),
        ("100#", "1#", 3),
        ("0A0#", "0A#", 2),
        ("AB#", "AB#", 1),
        (r"AB\00#", "AB0#", 2),
        (r"AB0\0#", "AB00#", 1),
        (r"\v\i\p-00#", "vip-#", 3),
        ("????-????-????!", "????-????-????!", 0),
        ("VIP-00000#-????!", "VIP-#-????!", 6),
        ("vip_???!.2026 x", "vip_???!.2026 x", 0),
        ("#??", "#??", 1),
        ("0?0?0?", "0?0?0?", 0),
    ],
)
def test_the_language(text: str, cells: str, padding: int) -> None:
    assert parse(text) == Mask(text, cells, padding, ALPHABET)


@pytest.mark.parametrize("text", ["AB???!", "ab-???!", "a_b.???!", "AB???!~XYZ", "AB?? ??"])
def test_masks_of_the_same_codes_have_one_pattern(text: str) -> None:
    assert parse(text).pattern == "AB____"


@pytest.mark.parametrize(
    ("text", "stored", "alphabet"),
    [
        ("????~aeu", "????~AEU", "23456789BCDFGHJKLMNPQRSTVWXYZ"),
        ("????~UEAAE", "????~AEU", "23456789BCDFGHJKLMNPQRSTVWXYZ"),
        ("????~01IO", "????", ALPHABET),
        ("????~0A", "????~A", "23456789BCDEFGHJKLMNPQRSTUVWXYZ"),
        ("????~", "????", ALPHABET),
        ("????!~23456789ABCDEFG", "????!~23456789ABCDEFG", "HJKLMNPQRSTUVWXYZ"),
        ("????~" + ALPHABET[2:], "????~" + ALPHABET[2:], "23"),
        ("000#??!~A", "000#??!~A", "23456789BCDEFGHJKLMNPQRSTUVWXYZ"),
    ],
)
def test_excluded_symbols_leave_the_alphabet(text: str, stored: str, alphabet: str) -> None:
    mask = parse(text)
    assert (mask.text, mask.alphabet) == (stored, alphabet)
    assert parse(mask.text) == mask


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("SUMMER", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("SUMMER!", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("~A", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("AB00#-#", UserErrorCode.MASK_MULTIPLE_SERIES, 7),
        ("AB#00#", UserErrorCode.MASK_MULTIPLE_SERIES, 6),
        ("AB!???", UserErrorCode.MASK_CHECK_NOT_LAST, 3),
        ("???!!", UserErrorCode.MASK_CHECK_NOT_LAST, 4),
        ("???!-A0#", UserErrorCode.MASK_CHECK_NOT_LAST, 4),
        ("AB*???", UserErrorCode.MASK_BAD_CHAR, 3),
        ("AB\u20ac???", UserErrorCode.MASK_BAD_CHAR, 3),
        ("AB\u0131???", UserErrorCode.MASK_BAD_CHAR, 3),
        ("AB\uff10???", UserErrorCode.MASK_BAD_CHAR, 3),
        ("AB\n???", UserErrorCode.MASK_BAD_CHAR, 3),
        ("AB\0???", UserErrorCode.MASK_BAD_CHAR, 3),
        (r"AB\####", UserErrorCode.MASK_BAD_CHAR, 4),
        (r"AB???\!", UserErrorCode.MASK_BAD_CHAR, 7),
        (r"AB???\?", UserErrorCode.MASK_BAD_CHAR, 7),
        (r"AB\\???", UserErrorCode.MASK_BAD_CHAR, 4),
        ("AB???\\", UserErrorCode.MASK_BAD_CHAR, 6),
        ("????~A-", UserErrorCode.MASK_BAD_CHAR, 7),
        ("????~A\u0131", UserErrorCode.MASK_BAD_CHAR, 7),
        ("????~A~B", UserErrorCode.MASK_BAD_CHAR, 7),
        ("AB00#~A", UserErrorCode.MASK_BAD_CHAR, 6),
        ("AB00#!~A", UserErrorCode.MASK_BAD_CHAR, 7),
        ("????!~23456789ABCDEFGH", UserErrorCode.MASK_BAD_CHAR, 6),
        ("????~" + ALPHABET[1:], UserErrorCode.MASK_BAD_CHAR, 5),
        ("??", UserErrorCode.CODE_TOO_SHORT, None),
        ("0#", UserErrorCode.CODE_TOO_SHORT, None),
        ("A-?", UserErrorCode.CODE_TOO_SHORT, None),
        ("?" * 101, UserErrorCode.MASK_TOO_LONG, None),
        ("A" * 83 + "#", UserErrorCode.MASK_TOO_LONG, None),
        ("0" * 100 + "#", UserErrorCode.MASK_TOO_LONG, None),
        ("-" * 198 + "???", UserErrorCode.MASK_TOO_LONG, None),
    ],
)
def test_what_is_no_mask_is_refused_where_it_goes_wrong(
    text: str, code: UserErrorCode, position: int | None
) -> None:
    with pytest.raises(MaskError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.position) == (code, position)


@pytest.mark.parametrize(
    "text", ["??!", "00#", "A?" * 50, "A" * 82 + "#", "0" * 99 + "#", "-" * 197 + "???"]
)
def test_masks_at_the_bounds_are_accepted(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize("text", ["#-#", "AB00#-##"])
def test_messages_tell_series_numbers_from_random_symbols(text: str) -> None:
    with pytest.raises(MaskError, match=r"number of a series, not a random symbol; write \?"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "AB*",
            (
                "Character 3: '*' cannot be fixed text; use letters A to Z, digits, blanks, "
                "'-', '_' and '.'."
            ),
        ),
        (
            "AB\0",
            (
                "Character 3: U+0000 cannot be fixed text; use letters A to Z, digits, blanks, "
                "'-', '_' and '.'."
            ),
        ),
        (
            "????!~23456789ABCDEFGH",
            (
                "Character 6: Too many symbols are excluded: at least 17 of 32 must remain "
                "beside a check character !."
            ),
        ),
        (
            "????~" + ALPHABET[1:],
            "Character 5: Too many symbols are excluded: at least 2 of 32 must remain.",
        ),
    ],
)
def test_a_message_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(MaskError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_each_purpose_has_its_variable_part() -> None:
    assert parse_for("AB00#", GenerateUsing.NUMBER_SERIES).has_series
    assert parse_for("AB00#-????", GenerateUsing.NUMBER_SERIES).random_count == 4
    assert parse_for("AB-????!", GenerateUsing.UNIQUE_ID).has_check


@pytest.mark.parametrize(
    ("text", "using", "code", "position"),
    [
        (
            "AB-????",
            GenerateUsing.NUMBER_SERIES,
            UserErrorCode.MASK_NO_VARIABLE_PART,
            None,
        ),
        ("AB00#", GenerateUsing.UNIQUE_ID, UserErrorCode.MASK_BAD_CHAR, 5),
        ("AB00#-????", GenerateUsing.UNIQUE_ID, UserErrorCode.MASK_BAD_CHAR, 5),
        ("ABC", GenerateUsing.UNIQUE_ID, UserErrorCode.MASK_NO_VARIABLE_PART, None),
    ],
)
def test_a_mask_for_another_purpose_is_refused(
    text: str, using: GenerateUsing, code: UserErrorCode, position: int | None
) -> None:
    with pytest.raises(MaskError) as caught:
        parse_for(text, using)
    assert (caught.value.code, caught.value.position) == (code, position)


@pytest.mark.parametrize(
    ("prefix", "length", "excluded", "text"),
    [
        ("", 12, "", DEFAULT_MASK),
        ("VIP-", 6, "", "VIP-????-??!"),
        ("Summer 2026.", 4, "aeu", "Summer 2026.????!~AEU"),
        ("", 8, "ABCDEFGHJKLMNPQRSTUVWXYZ", "????-????~ABCDEFGHJKLMNPQRSTUVWXYZ"),
        ("", 3, "01IO", "???!"),
        ("00", 3, "", "00???!"),
        ("", 99, "", "????-" * 24 + "???!"),
    ],
)
def test_shorthand_stands_for_a_mask(prefix: str, length: int, excluded: str, text: str) -> None:
    assert from_shorthand(prefix, length, excluded).text == text


def test_shorthand_without_a_word_is_the_default_mask() -> None:
    assert from_shorthand() == parse(DEFAULT_MASK)


@pytest.mark.parametrize(
    ("prefix", "length", "excluded", "code", "position"),
    [
        ("VIP#", 4, "", UserErrorCode.MASK_BAD_CHAR, 4),
        ("V?", 4, "", UserErrorCode.MASK_BAD_CHAR, 2),
        ("\\", 4, "", UserErrorCode.MASK_BAD_CHAR, 1),
        ("V~A", 4, "", UserErrorCode.MASK_BAD_CHAR, 2),
        ("", 4, "A,B", UserErrorCode.MASK_BAD_CHAR, 2),
        ("", 4, ALPHABET, UserErrorCode.MASK_BAD_CHAR, 5),
        ("VIP", 0, "", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("VIP", -1, "", UserErrorCode.MASK_NO_VARIABLE_PART, None),
        ("", 100, "", UserErrorCode.MASK_TOO_LONG, None),
        ("", 10**12, "", UserErrorCode.MASK_TOO_LONG, None),
        ("", 1, "", UserErrorCode.CODE_TOO_SHORT, None),
        ("A" * 200, 4, "", UserErrorCode.MASK_TOO_LONG, None),
    ],
)
def test_shorthand_is_refused_like_the_mask_it_would_be(
    prefix: str, length: int, excluded: str, code: UserErrorCode, position: int | None
) -> None:
    with pytest.raises(MaskError) as caught:
        from_shorthand(prefix, length, excluded)
    assert (caught.value.code, caught.value.position) == (code, position)


@given(st.text(st.sampled_from("AZ09#?!\\~-") | st.characters(), max_size=30))
def test_any_text_is_a_mask_or_refused(text: str) -> None:
    try:
        mask = parse(text)
    except MaskError:
        return
    assert parse(mask.text) == mask
    assert "#" in mask.cells or "?" in mask.cells
    assert (mask.padding > 0) == mask.has_series


@given(st.text(st.sampled_from("AZ059#?!\\-"), max_size=12))
def test_padding_is_what_stands_directly_before_the_number(text: str) -> None:
    try:
        mask = parse(text)
    except MaskError:
        return
    if mask.has_series:
        before = text[: text.index("#")]
        zeros = len(before) - len(before.rstrip("0"))
        escaped = zeros > 0 and before[:-zeros].endswith("\\")
        assert mask.padding == zeros + 1 - escaped
