"""The words of the domain as GraphQL enums, each with a description for API users."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, cast

import strawberry

from app.domain.activation import ActivationStatus
from app.domain.api_keys import ApiKeyStatus
from app.domain.callers import Scope
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.cashback import CashbackState
from app.domain.customers import CustomerStatus, CustomerType
from app.domain.events import EventKind
from app.domain.issue_validity import CalendarUnit, IssuedCodeValidityKind, Weekday
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.domain.mask_capacity import MaskWarningCode
from app.domain.masks import GenerateUsing
from app.domain.promotions import DiscountKind, GroupActivation
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.domain.refusals import UserErrorCode
from app.domain.roles import Role
from app.domain.rows import RowOutcome
from app.domain.status import CodeStatus
from app.reading.counting import CountPrecision

if TYPE_CHECKING:
    from strawberry.types.base import WithStrawberryDefinition
    from strawberry.types.enum import StrawberryEnumDefinition


def described(words: type[StrEnum], description: str, values: Mapping[str, str]) -> None:
    """Make the enum a GraphQL one; every value, and nothing else, needs a description."""
    if set(values) != {word.name for word in words}:
        raise ValueError(f"Describe exactly the values of {words.__name__}.")
    strawberry.enum(words, description=description)
    definition = cast("WithStrawberryDefinition[StrawberryEnumDefinition]", words)
    for value in definition.__strawberry_definition__.values:
        value.description = values[value.name]


described(
    CampaignKind,
    "Where a campaign's codes come from. It never changes.",
    {
        "VOUCHER": "The service makes the codes, and issues them.",
        "SOURCE": "The codes are made elsewhere, and imported or typed in.",
    },
)
described(
    AvailableTo,
    "Who may redeem a code, seen from the customer it was issued to.",
    {
        "ANY_CUSTOMER": "Everybody, with or without an account.",
        "ONLY_ISSUED_TO": "Only the customer it was issued to.",
        "ANY_EXCEPT_ISSUED_TO": "Every customer but that one: refer a friend.",
    },
)
described(
    GenerateUsing,
    "What tells one generated code from the next.",
    {
        "NUMBER_SERIES": "The next number of a number series, rendered by the series' mask.",
        "UNIQUE_ID": "Random symbols, rendered by the campaign's own mask.",
    },
)
described(
    ActivationStatus,
    "Whether something is on now: its switch first, then its range.",
    {
        "DISABLED": "Switched off.",
        "SCHEDULED": "Switched on, and its range has not begun.",
        "ACTIVE": "Switched on, and now lies in its range.",
        "ENDED": "Switched on, and its range is over.",
    },
)
described(
    CodeStatus,
    "Where a code stands now. Computed from its dates and uses at every request, never stored.",
    {
        "CREATED": "A voucher that was made and not issued yet.",
        "ISSUED": "A voucher that was issued and can be used.",
        "ACTIVE": "A code of a source campaign that can be used.",
        "REDEEMED": "Used as often as its limit allows.",
        "EXPIRED": "Its valid-to has come.",
        "WITHDRAWN": "Taken out of use for ever.",
    },
)
described(
    IssuedCodeValidityKind,
    "How a voucher gets its dates at the moment of issue.",
    {
        "NONE": "No dates: valid as long as the campaign is.",
        "FIXED_PERIOD": "A period from the moment of issue, or from a delay after it.",
        "FIXED_DATES": "The same dates for every code.",
        "RELATIVE_END": "Until the end of a calendar unit.",
    },
)
described(
    CalendarUnit,
    "A calendar unit at whose end a code expires, in the campaign's time zone.",
    {
        "DAY": "The day of issue.",
        "WEEK": "The week of issue; `weekStart` says where it begins.",
        "MONTH": "The month of issue.",
        "QUARTER": "The quarter of issue.",
        "YEAR": "The year of issue.",
    },
)
described(
    Weekday,
    "The first day of a week.",
    {day.name: f"Weeks begin on {day.name.capitalize()}." for day in Weekday},
)
described(
    JobKind,
    "What a background job does.",
    {
        "IMPORT": "Reads codes of a source campaign from a file.",
        "GENERATE": "Makes voucher codes.",
        "EXPORT": "Writes codes to a file.",
        "WITHDRAW": "Withdraws many codes.",
    },
)
described(
    JobStatus,
    "How a background job stands, or how it ended.",
    {
        "PENDING": "Waiting to be started.",
        "IN_PROGRESS": "Running.",
        "SUCCESS": "Done, without a failed row.",
        "WARNINGS": "Done, and some rows failed.",
        "FAILED": "Every row failed, or the job could not go on.",
        "CANCELLED": "Stopped on request; what was done until then stays.",
    },
)
described(
    JobPhase,
    "What a background job is busy with.",
    {
        "QUEUED": "Nothing yet.",
        "PARSING": "Reading its file; nothing is changed yet.",
        "APPLYING": "Making or changing codes.",
        "DONE": "Nothing any more.",
    },
)
described(
    CountPrecision,
    "How far a list was counted.",
    {
        "EXACT": "The list has exactly this many entries.",
        "AT_LEAST": "The list has more entries; counting stopped here.",
    },
)
described(
    MaskWarningCode,
    "Why the codes of a mask are less safe than they could be.",
    {
        "CODE_GUESSABLE": "The mask has no random part: who knows one code can tell the next.",
        "GUESS_CHANCE_HIGH": "One guess hits a code more often than once in a million.",
    },
)
described(
    UserErrorCode,
    "Why a write was refused. Show `message` to people; decide in programs by this code.",
    {
        "NOT_FOUND": "What the input names does not exist.",
        "NAME_TAKEN": "Another one has this name; archived ones keep theirs.",
        "KEY_TAKEN": "Another one has this key or login; archived ones keep theirs.",
        "CODE_TAKEN": "This code exists already, in this campaign or in another.",
        "CODE_HAS_USES": "The code was redeemed, is reserved or has cashback.",
        "CAMPAIGN_KIND_MISMATCH": "Campaigns of this kind cannot do this.",
        "CAMPAIGN_DISABLED": "The campaign is archived or switched off.",
        "GROUP_NOT_FOUND": "The campaign has no such code group.",
        "ALREADY_ISSUED": "The voucher is issued already.",
        "NOT_ISSUED": "The voucher was not issued yet.",
        "WITHDRAWN": "The code is withdrawn for ever.",
        "SUSPENDED": "The code is suspended until somebody resumes it.",
        "FULLY_REDEEMED": "All uses of the code are taken.",
        "RESERVED": "Live reservations hold all uses that are left.",
        "NOT_YET_VALID": "The code's dates have not begun.",
        "EXPIRED": "The code's dates are over.",
        "ISSUE_ONLY": "Codes of this campaign are redeemed elsewhere.",
        "CUSTOMER_REQUIRED": "A rule depends on the customer, and none was named.",
        "CUSTOMER_INACTIVE": "The customer is inactive or blocked.",
        "NOT_AVAILABLE_TO_CUSTOMER": "The code is not for this customer.",
        "CUSTOMER_LIMIT_REACHED": "The customer has no uses of this code left.",
        "GROUP_DISABLED": "The code's group is archived or switched off.",
        "GROUP_NOT_STARTED": "The code's group is not in its range yet.",
        "GROUP_ENDED": "The range of the code's group is over.",
        "NOT_IN_GROUP_TARGET": "The customer is in none of the group's segments.",
        "GROUP_LIMIT_REACHED": "A limit of the code's group is reached.",
        "PROMOTION_DISABLED": "The promotion is archived or switched off.",
        "PROMOTION_NOT_STARTED": "The promotion is not in its range yet.",
        "PROMOTION_ENDED": "The promotion's range is over.",
        "NOT_IN_PROMOTION_TARGET": "The customer is in none of the promotion's segments.",
        "CAMPAIGN_NOT_STARTED": "The campaign is not in its range yet.",
        "CAMPAIGN_ENDED": "The campaign's range is over.",
        "NOT_IN_CAMPAIGN_TARGET": "The customer is in none of the campaign's segments.",
        "WRONG_APPLICATION": "The application is missing, or not one of those listed.",
        "CASHBACK_DISABLED": "The cashback is switched off.",
        "CASHBACK_NOT_CHARGED": "Nothing has been charged to the cashback.",
        "CASHBACK_REDEEMED": "The cashback is redeemed.",
        "CASHBACK_EXPIRED": "The cashback has expired.",
        "CODE_NOT_APPLICABLE": "The code cannot be used here; a shop's key is told no more.",
        "NO_CODE_AVAILABLE": "The campaign has no code left to issue.",
        "ALREADY_WITHDRAWN": "The code is withdrawn already.",
        "REASON_REQUIRED": "This needs a reason, for those who look later.",
        "ORDER_ALREADY_REDEEMED": "The order has used this code, with other values.",
        "RESERVATION_NOT_YOURS": "Somebody else holds the reservation.",
        "CASHBACK_AMOUNT_EXCEEDED": "The amount is more than the cashback has, or may have.",
        "CURRENCY_MISMATCH": "The cashback is in another currency.",
        "NOT_EDITABLE": "It can no longer be changed, or not while a job of it is unfinished.",
        "STALE_VERSION": "It was changed since it was read; read it again.",
        "JOB_FINISHED": "The job has ended already.",
        "ORDER_CUSTOMER_MISMATCH": "The order is of another customer, and that never changes.",
        "INVALID_VALUE": "A value breaks a rule; the message says which.",
        "COUNT_OUT_OF_RANGE": "One request may not ask for so many, or so few.",
        "VALID_TO_BEFORE_FROM": "A range ends before it begins.",
        "VALIDITY_WINDOW_PAST": "The codes would be expired at the moment of issue.",
        "MAX_USES_BELOW_USED": "More uses are taken and reserved than the limit would allow.",
        "AVAILABLE_TO_NEEDS_CUSTOMER": "Who may redeem it depends on a customer that is missing.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key was used for another input.",
        "MASK_NO_VARIABLE_PART": "The mask renders one code only.",
        "MASK_MULTIPLE_SERIES": "The mask has more than one number.",
        "MASK_CHECK_NOT_LAST": "Something varies behind the check character.",
        "MASK_BAD_CHAR": "The mask has a character that no code may have.",
        "MASK_TOO_LONG": "The mask renders codes that are too long.",
        "MASK_CAPACITY_EXCEEDED": "The mask cannot tell so many codes apart safely.",
        "CODE_MISSING": "The code is empty.",
        "CODE_TOO_SHORT": "The code has fewer than 3 letters and digits.",
        "CODE_TOO_LONG": "The code has more than 100 letters and digits.",
        "CODE_BAD_CHAR": "The code has a character that no code may have.",
    },
)
described(
    GroupActivation,
    "When a code group is in its range.",
    {
        "OWN_RANGE": "In the range of its own.",
        "WHILE_PROMOTIONS_RUN": "While at least one of its enabled promotions is in its range.",
    },
)
described(
    DiscountKind,
    "What a promotion gives. It is data for the shop: nothing is priced here.",
    {
        "PERCENT": "A part of the price.",
        "AMOUNT": "An amount of money.",
        "FREE_SHIPPING": "Shipping costs nothing.",
        "GIFT": "An article that comes with the order.",
        "ISSUE_CODE": "Another code, issued from a voucher campaign.",
    },
)
described(
    CustomerType,
    "What a customer is.",
    {"B2C": "A person.", "B2B": "A company."},
)
described(
    CustomerStatus,
    "Whether a customer may use codes.",
    {
        "ACTIVE": "May use codes.",
        "INACTIVE": "May not use codes: the account is not in use.",
        "BLOCKED": "May not use codes: the account is blocked.",
    },
)
described(
    RedemptionState,
    "Whether a use counts.",
    {"CONFIRMED": "It counts.", "REVERSED": "It was given back."},
)
described(
    ReservationEnd,
    "How a reservation ended.",
    {
        "REDEEMED": "Its use was taken.",
        "RELEASED": "It was given back.",
        "WITHDRAWN": "Its code was withdrawn.",
        "LAPSED": "Its time had passed when its holder reserved the code again.",
    },
)
described(
    CashbackState,
    "Where a cashback stands now.",
    {
        "DISABLED": "Switched off.",
        "REDEEMED": "Its code was redeemed.",
        "EXPIRED": "Its end has come.",
        "PENDING": "Nothing has been charged yet.",
        "AVAILABLE": "It can be redeemed.",
    },
)
described(
    EventKind,
    "What happened to a code.",
    {
        "ISSUED": "It was issued.",
        "REDEEMED": "A use was taken.",
        "REVERSED": "A use was given back.",
        "RESERVED": "A use was held for somebody.",
        "RELEASED": "A held use was given back.",
        "UPDATED": "It was changed.",
        "SUSPENDED": "It was blocked for the time being.",
        "RESUMED": "It can be used again.",
        "WITHDRAWN": "It was taken out of use for ever.",
        "EXTENDED": "Its end was moved.",
    },
)
described(
    RowOutcome,
    "What an import did with one row of its file.",
    {
        "INSERTED": "It made a code.",
        "UPDATED": "It changed a code.",
        "DELETED": "It deleted a code.",
        "WITHDRAWN": "It withdrew a code.",
        "NO_ACTION": "It found everything so already, or was not to change anything.",
        "FAILED": "It could not be carried out; the messages say why.",
    },
)

described(
    Scope,
    "One right that a key can grant. Sentences and documents write CODES_READ as `codes:read`.",
    {
        "CODES_READ": "Every read except customers and orders, keys and the audit.",
        "CODES_REVEAL": "Seeing codes in full.",
        "CODES_ISSUE": "Issuing codes.",
        "CODES_WITHDRAW": "Withdrawing, suspending, resuming and extending codes.",
        "CODES_REDEEM": "Validating, reserving, releasing, redeeming and reversing; cashback.",
        "CAMPAIGNS_WRITE": "Campaigns, series, groups, promotions, source codes, generating.",
        "IMPORTS_RUN": "Importing codes from files.",
        "EXPORTS_RUN": "Exporting codes to files.",
        "CUSTOMERS_READ": "Seeing customers and orders.",
        "CUSTOMERS_WRITE": "Telling of customers and orders.",
        "ADMIN": "Keys, erasing customers, the audit.",
    },
)
described(
    Role,
    "A bundle of scopes for one kind of caller.",
    {
        "VIEWER": "Looks: CODES_READ.",
        "SUPPORT": "Helps shoppers: VIEWER's, CODES_REVEAL, CODES_ISSUE, CODES_WITHDRAW and"
        " CUSTOMERS_READ.",
        "MARKETER": "Runs campaigns: VIEWER's, CODES_REVEAL, CODES_ISSUE, CODES_WITHDRAW,"
        " CAMPAIGNS_WRITE, IMPORTS_RUN and EXPORTS_RUN.",
        "STOREFRONT": "The shop's own server: CODES_REDEEM, CODES_ISSUE and CUSTOMERS_WRITE.",
        "ADMIN": "Every scope.",
    },
)
described(
    ApiKeyStatus,
    "Whether a key counts at this moment.",
    {
        "REVOKED": "It was revoked, for ever.",
        "EXPIRED": "Its end has come.",
        "ACTIVE": "It counts.",
    },
)

__all__ = [
    "ActivationStatus",
    "ApiKeyStatus",
    "AvailableTo",
    "CalendarUnit",
    "CampaignKind",
    "CashbackState",
    "CodeStatus",
    "CountPrecision",
    "CustomerStatus",
    "CustomerType",
    "DiscountKind",
    "EventKind",
    "GenerateUsing",
    "GroupActivation",
    "IssuedCodeValidityKind",
    "JobKind",
    "JobPhase",
    "JobStatus",
    "MaskWarningCode",
    "RedemptionState",
    "ReservationEnd",
    "Role",
    "RowOutcome",
    "Scope",
    "UserErrorCode",
    "Weekday",
]
