"""The words in which the validity of a code is told."""

from app.domain.levels import Level, LevelStatus, Outcome, Severity, ValidityStatus
from app.domain.reasons import SENTENCES, Reason
from graphql_schema.types.enums import described

described(
    Level,
    "Where a rule stands.",
    {
        "CODE": "The code itself: status, dates, uses, and who may use it.",
        "GROUP": "Its code group: switch, range, reach and limits.",
        "PROMOTION": "Its promotions with their campaigns: one of them is enough.",
        "CASHBACK": "The value on it.",
    },
)
described(
    Outcome,
    "What came of one field.",
    {
        "PASS": "Nothing stands against it.",
        "FAIL": "It stands in the way.",
        "NOT_EVALUATED": "It depends on a customer or an application, and none was named.",
    },
)
described(
    LevelStatus,
    "What came of a level.",
    {
        "VALID": "Nothing stands against it.",
        "INVALID": "It stands in the way.",
        "NOT_EVALUATED": "It depends on a customer or an application, and none was named.",
    },
)
described(
    ValidityStatus,
    "Green or red, looking at the promotions of a code alone.",
    {
        "VALID": "Green: a promotion is switched on and in its range, with its campaigns.",
        "INVALID": "Red: none is.",
    },
)
described(
    Severity,
    "How much a warning weighs.",
    {
        "BLOCKING": "It stands in the way.",
        "INFO": "It explains, and something else makes up for it.",
    },
)
described(
    Reason,
    "Why a code cannot be used. User errors bear the same words.",
    {reason.name: sentence for reason, sentence in SENTENCES.items()},
)

__all__ = ["Level", "LevelStatus", "Outcome", "Reason", "Severity", "ValidityStatus"]
