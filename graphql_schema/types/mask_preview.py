"""What a mask would make, shown before anything is made."""

import secrets
from collections.abc import Iterator
from typing import Annotated

import strawberry

from app.domain.mask_rendering import preview
from app.domain.masks import MAX_DIGITS, Mask, MaskError, from_shorthand, parse
from app.domain.refusals import Problem, UserErrorCode
from graphql_schema.scalars import BigInt
from graphql_schema.types.enums import MaskWarningCode
from graphql_schema.types.user_error import UserError, user_errors

MAX_SAMPLES = 20
MAX_CODES = 1_000_000_000
DEFAULT_LENGTH = 12
LAST_NUMBER = 10**MAX_DIGITS


@strawberry.input(
    description="A mask, or `prefix`, `length` and `excludedCharacters` as a shorthand for one."
)
class MaskPreviewInput:
    mask: str | None = strawberry.field(
        default=None,
        description=(
            "`#` the next number of the series, `?` a random symbol, `!` a check character, `\\\\`"
            " takes the next character as it is. Without mask and shorthand: `????-????-????!`."
        ),
    )
    prefix: str | None = strawberry.field(
        default=None, description="Shorthand: what every code begins with."
    )
    length: int | None = strawberry.field(
        default=None, description="Shorthand: how many random symbols; default 12."
    )
    excluded_characters: str | None = strawberry.field(
        default=None, description="Shorthand: symbols that no random part may have."
    )
    next_number: BigInt = strawberry.field(
        default=BigInt(1), description="The first number that the samples show."
    )
    samples: int = strawberry.field(default=5, description="How many samples: 1 to 20.")
    codes: int = strawberry.field(
        default=1, description="How many codes you mean to make: warnings are about so many."
    )


@strawberry.type(description="A reason to think again about a mask.")
class MaskWarning:
    code: MaskWarningCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason and what to do, for people.")


@strawberry.type(description="What a mask makes. Nothing but `userErrors` when it is none.")
class MaskPreview:
    mask: str | None = strawberry.field(
        default=None, description="The mask, written out when a shorthand was given."
    )
    samples: list[str] = strawberry.field(
        default_factory=list, description="Codes that it could make; none of them is made."
    )
    capacity: str | None = strawberry.field(
        default=None,
        description="How many codes it can make, as decimal text; null with a number series.",
    )
    random_bits: float | None = strawberry.field(
        default=None, description="How many bits somebody would have to guess."
    )
    warnings: list[MaskWarning] = strawberry.field(
        default_factory=list, description="What makes its codes less safe than they could be."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it is no mask, with the place of the mistake."
    )


def mask_preview(
    given: Annotated[
        MaskPreviewInput,
        strawberry.argument(name="input", description="The mask, and what to show of it."),
    ],
) -> MaskPreview:
    problems = list(_check(given))
    if problems:
        return MaskPreview(user_errors=user_errors(problems))
    try:
        mask = _mask(given)
    except MaskError as error:
        return MaskPreview(user_errors=user_errors([error.problem(_blamed(given, error))]))
    numbers = range(given.next_number, given.next_number + given.samples)
    shown = preview(mask, numbers, secrets.token_bytes, given.codes)
    return MaskPreview(
        mask=shown.mask,
        samples=shown.samples,
        capacity=None if shown.capacity is None else str(shown.capacity),
        random_bits=round(shown.random_bits, 2),
        warnings=[MaskWarning(code=one.code, message=one.message) for one in shown.warnings],
    )


def _mask(given: MaskPreviewInput) -> Mask:
    if given.mask is not None:
        return parse(given.mask)
    length = DEFAULT_LENGTH if given.length is None else given.length
    return from_shorthand(given.prefix or "", length, given.excluded_characters or "")


def _blamed(given: MaskPreviewInput, error: MaskError) -> str:
    """The input field that a mistake is in."""
    if given.mask is not None:
        return "mask"
    if error.code == UserErrorCode.MASK_TOO_LONG:
        return "length"
    try:
        from_shorthand(given.prefix or "")
    except MaskError:
        return "prefix"
    return "excludedCharacters"


def _check(given: MaskPreviewInput) -> Iterator[Problem]:
    shorthand = (given.prefix, given.length, given.excluded_characters)
    if given.mask is not None and any(value is not None for value in shorthand):
        yield _invalid("Give a mask or a shorthand for one, not both.", "mask")
    if not 1 <= given.samples <= MAX_SAMPLES:
        yield _invalid(f"Ask for 1 to {MAX_SAMPLES} samples.", "samples")
    if not 1 <= given.next_number <= LAST_NUMBER - MAX_SAMPLES:
        yield _invalid(f"Numbers have at most {MAX_DIGITS} digits.", "nextNumber")
    if not 1 <= given.codes <= MAX_CODES:
        yield _invalid(f"Say 1 to {MAX_CODES:,} codes.", "codes")
    if given.length is not None and given.length < 1:
        yield _invalid("A random part has at least one symbol.", "length")


def _invalid(message: str, name: str) -> Problem:
    return Problem(UserErrorCode.INVALID_VALUE, message, (name,))
