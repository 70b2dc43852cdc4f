"""What each stored rule means when it refuses a write that the checks before it let through."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.database.errors import ConstraintViolated
from app.domain.refusals import Problem, Refusal, UserErrorCode

CAMPAIGN_NAME_TAKEN: Final = Problem(
    UserErrorCode.NAME_TAKEN,
    "Another campaign has this name; archived ones keep theirs.",
    ("name",),
)
CAMPAIGN_KEY_TAKEN: Final = Problem(
    UserErrorCode.KEY_TAKEN, "Another campaign has this key; archived ones keep theirs.", ("key",)
)
SERIES_NAME_TAKEN: Final = Problem(
    UserErrorCode.NAME_TAKEN,
    "Another number series has this name; archived ones keep theirs.",
    ("name",),
)
GROUP_NAME_TAKEN: Final = Problem(
    UserErrorCode.NAME_TAKEN,
    "Another code group has this name; archived ones keep theirs.",
    ("name",),
)
GROUP_KEY_TAKEN: Final = Problem(
    UserErrorCode.KEY_TAKEN, "Another code group has this key; archived ones keep theirs.", ("key",)
)
PROMOTION_NAME_TAKEN: Final = Problem(
    UserErrorCode.NAME_TAKEN,
    "Another promotion has this name; archived ones keep theirs.",
    ("name",),
)
CODE_TAKEN: Final = Problem(
    UserErrorCode.CODE_TAKEN,
    "This code exists already, in this or another campaign; case and separators do not count.",
    ("code",),
)
API_KEY_NAME_TAKEN: Final = Problem(
    UserErrorCode.NAME_TAKEN,
    "Another key has this name; revoke that one first, or choose another name.",
    ("name",),
)
LOGIN_TAKEN: Final = Problem(
    UserErrorCode.KEY_TAKEN,
    "Another customer has one of these logins; send the batch again to hear which.",
    ("customers",),
)

_MEANINGS: Final = {
    "campaign_name_key": CAMPAIGN_NAME_TAKEN,
    "campaign_key_key": CAMPAIGN_KEY_TAKEN,
    "number_series_name_key": SERIES_NAME_TAKEN,
    "code_group_name_key": GROUP_NAME_TAKEN,
    "code_group_key_key": GROUP_KEY_TAKEN,
    "promotion_name_key": PROMOTION_NAME_TAKEN,
    "code_normal_form_key": CODE_TAKEN,
    "customer_login_key": LOGIN_TAKEN,
    "api_key_name_key": API_KEY_NAME_TAKEN,
}


@contextmanager
def explained(*path: str) -> Iterator[None]:
    """Turn a constraint that refused into a Refusal, with its field named below `path`.

    Wrap the transaction, or a statement after whose refusal it is left, so that it rolls back.
    A constraint without a meaning here is a fault of ours and passes through.
    """
    try:
        yield
    except ConstraintViolated as exc:
        meaning = _MEANINGS.get(exc.name)
        if meaning is None:
            raise
        raise Refusal(meaning.below(*path)) from exc
