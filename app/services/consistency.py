"""Proves that what is told twice is told alike: counters, uses, events, messages."""

from typing import Final

from app.database import Database


def _paired(keys: str, one: str, other: str) -> str:
    """Find the keys that do not stand equally often, or with equal weight, on both sides.

    Each side selects the keys and a weight; one pass over both costs no look-up a row.
    """
    return (
        f"SELECT 1 FROM (SELECT {keys}, {one} UNION ALL SELECT {keys}, -{other}) AS pairs"
        f" GROUP BY {keys} HAVING SUM(weight) <> 0"
    )


# A code that is deleted takes its reservations along and leaves its events.
_OF_CODES: Final = "code_id IN (SELECT id FROM code)"
_CONFIRMED: Final = "CASE WHEN state = 'CONFIRMED' THEN 1 ELSE 0 END"
_ANNOUNCED: Final = "('ISSUED', 'REDEEMED', 'REVERSED', 'WITHDRAWN')"

# A sentence that must hold, and the statement that finds what breaks it.
RULES: Final = {
    "The uses of a code are its redemptions that were not reversed": _paired(
        "code_id",
        "uses AS weight FROM (SELECT id AS code_id, uses FROM code) AS code",
        f"{_CONFIRMED} AS weight FROM redemption",
    ),
    "A customer's uses of a code are the redemptions that were not reversed": _paired(
        "code_id, customer_id",
        "uses AS weight FROM code_customer",
        f"{_CONFIRMED} AS weight FROM redemption WHERE customer_id IS NOT NULL",
    ),
    "A customer's uses of a group are the redemptions that were not reversed": _paired(
        "group_id, customer_id",
        "uses AS weight FROM group_customer",
        f"{_CONFIRMED} AS weight FROM redemption"
        " WHERE customer_id IS NOT NULL AND group_id IS NOT NULL",
    ),
    "Every take of a customer on a group raised its turn": (
        "SELECT 1 FROM group_customer WHERE seq < uses"
    ),
    "A redemption has one event that tells of it": _paired(
        "redemption_id, code_id, customer_id, at",
        "1 AS weight FROM (SELECT id AS redemption_id, code_id, customer_id, redeemed_at AS at"
        " FROM redemption) AS redemption",
        "1 AS weight FROM code_event WHERE kind = 'REDEEMED'",
    ),
    "A reversal has one event that tells of it": _paired(
        "redemption_id, code_id, customer_id, at",
        "1 AS weight FROM (SELECT id AS redemption_id, code_id, customer_id, reversed_at AS at"
        " FROM redemption WHERE state = 'REVERSED') AS redemption",
        "1 AS weight FROM code_event WHERE kind = 'REVERSED'",
    ),
    "A reservation has one event that tells of it": _paired(
        "reservation_id, code_id, customer_id, at",
        "1 AS weight FROM (SELECT id AS reservation_id, code_id, customer_id, created_at AS at"
        " FROM reservation) AS reservation",
        f"1 AS weight FROM code_event WHERE kind = 'RESERVED' AND {_OF_CODES}",
    ),
    "A reservation that was given back has one event that tells of it": _paired(
        "reservation_id, code_id, customer_id, at",
        "1 AS weight FROM (SELECT id AS reservation_id, code_id, customer_id, ended_at AS at"
        " FROM reservation WHERE end_reason = 'RELEASED') AS reservation",
        f"1 AS weight FROM code_event WHERE kind = 'RELEASED' AND {_OF_CODES}",
    ),
    "A reservation that became a redemption and that redemption name each other": _paired(
        "reservation_id, redemption_id, code_id",
        "1 AS weight FROM (SELECT id AS reservation_id, redemption_id, code_id FROM reservation"
        " WHERE end_reason = 'REDEEMED') AS reservation",
        "1 AS weight FROM (SELECT reservation_id, id AS redemption_id, code_id FROM redemption"
        " WHERE reservation_id IS NOT NULL) AS redemption",
    ),
    "A redemption belongs to the campaign and the group of its code": (
        "SELECT 1 FROM redemption JOIN code ON code.id = redemption.code_id"
        " WHERE redemption.campaign_id <> code.campaign_id"
        " OR COALESCE(redemption.group_id, 0) <> COALESCE(code.group_id, 0)"
    ),
    "A code that was issued alone says the same as its event": (
        "SELECT 1 FROM code_event JOIN code ON code.id = code_event.code_id"
        " WHERE code_event.kind = 'ISSUED'"
        " AND (code.issued_at IS NULL OR code.issued_at <> code_event.at)"
    ),
    "A withdrawn code has one event that tells of it": _paired(
        "code_id, at",
        "1 AS weight FROM (SELECT id AS code_id, withdrawn_at AS at FROM code"
        " WHERE withdrawn_at IS NOT NULL) AS code",
        f"1 AS weight FROM code_event WHERE kind = 'WITHDRAWN' AND {_OF_CODES}",
    ),
    "A code is suspended when it was suspended more often than resumed": _paired(
        "code_id",
        "1 AS weight FROM (SELECT id AS code_id FROM code WHERE suspended_at IS NOT NULL) AS code",
        "CASE WHEN kind = 'SUSPENDED' THEN 1 ELSE -1 END AS weight FROM code_event"
        f" WHERE kind IN ('SUSPENDED', 'RESUMED') AND {_OF_CODES}",
    ),
    "An event that the outside hears of has one message": _paired(
        "event_id",
        "1 AS weight FROM (SELECT id AS event_id FROM code_event"
        f" WHERE kind IN {_ANNOUNCED}) AS code_event",
        "1 AS weight FROM outbox WHERE event_id IS NOT NULL",
    ),
    "A cashback is redeemed when its code is, and never for more than was charged": (
        "SELECT 1 FROM cashback LEFT JOIN redemption ON redemption.code_id = cashback.code_id"
        " AND redemption.state = 'CONFIRMED'"
        " WHERE (cashback.redeemed_at IS NULL) <> (redemption.id IS NULL)"
        " OR redemption.amount_minor > cashback.charged_minor"
    ),
    "A job made no more codes than it counted": (
        "SELECT 1 FROM job JOIN (SELECT created_by_job_id AS job_id, COUNT(*) AS made FROM code"
        " WHERE created_by_job_id IS NOT NULL GROUP BY created_by_job_id) AS made"
        " ON made.job_id = job.id WHERE made.made > job.inserted"
    ),
}


async def disagreements(database: Database) -> list[str]:
    """One sentence for each rule that does not hold, with how often it does not."""
    broken = []
    for rule, finds in RULES.items():
        rows = await database.read(f"SELECT COUNT(*) FROM ({finds}) AS found")
        if rows[0][0]:
            broken.append(f"{rule}; this is not so in {rows[0][0]:,} cases.")
    return broken
