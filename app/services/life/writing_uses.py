"""Redemptions, reservations and cashbacks of a batch."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from app.domain.life.book import Book
from app.domain.life.records import RedemptionRecord, ReservationRecord
from app.services.life.writing import LIVE_HOLDS, Writer, row_of


async def write_cashbacks(writer: Writer, book: Book) -> None:
    former = book.read_cashbacks
    changed = [
        _cashback(one)
        for number, one in sorted(book.facts.cashbacks.items())
        if number in former and one.version != former[number].version
    ]
    stamps = {"created_at": writer.stamp, "updated_at": writer.stamp}
    await writer.send(
        "cashback",
        "UPDATE cashback SET charged_minor = given.charged_minor,"
        " disabled_at = given.disabled_at, redeemed_at = given.redeemed_at,"
        " version = given.version, actor = given.actor, updated_at = {now} FROM {given}"
        " WHERE cashback.id = given.id AND cashback.version = given.former",
        {**_CASHBACK, "former": "int"},
        [{**row, "former": former[row["id"]].version} for row in changed],
    )
    await writer.insert(
        "cashback",
        {**_CASHBACK, "created_at": "timestamptz", "updated_at": "timestamptz"},
        [
            {**_cashback(one), **stamps}
            for number, one in sorted(book.facts.cashbacks.items())
            if number not in former
        ],
    )


async def write_uses(writer: Writer, book: Book) -> None:
    """Redemptions reversed, reservations ended; then the new ones of both."""
    redemptions, reservations = book.facts.redemptions, book.facts.reservations
    await writer.send(
        "redemption",
        "UPDATE redemption SET state = given.state, reversed_at = given.reversed_at,"
        " reversal_reason = given.reversal_reason, reversal_actor = given.reversal_actor"
        " FROM {given} WHERE redemption.id = given.id AND redemption.state = 'CONFIRMED'",
        _REVERSAL,
        [
            _reversal(one)
            for number, one in sorted(redemptions.items())
            if number in book.read_redemptions and one != book.read_redemptions[number]
        ],
    )
    await writer.send(
        "reservation",
        "UPDATE reservation SET ended_at = given.ended_at, end_reason = given.end_reason,"
        " redemption_id = given.redemption_id FROM {given}"
        " WHERE reservation.id = given.id AND reservation.ended_at IS NULL",
        _RESERVATION_END,
        [
            _ended(one)
            for number, one in sorted(reservations.items())
            if number in book.read_reservations and one != book.read_reservations[number]
        ],
    )
    new = sorted(redemptions.keys() - book.read_redemptions.keys())
    await writer.insert("redemption", _REDEMPTION, [_redemption(redemptions[one]) for one in new])
    held = sorted(reservations.keys() - book.read_reservations.keys())
    await _insert_reservations(writer, [reservations[one] for one in held])


async def _insert_reservations(writer: Writer, held: list[ReservationRecord]) -> None:
    """Hold the uses, if those of the code that are taken and held leave room for all of them."""
    new: dict[int, int] = defaultdict(int)
    for one in held:
        new[one.code_id] += one.ended_at is None
    names = ", ".join(_RESERVATION)
    await writer.send(
        "reservation",
        f"INSERT INTO reservation ({names}) SELECT"
        f" {', '.join(f'given.{name}' for name in _RESERVATION)} FROM {{given}}"
        " JOIN code ON code.id = given.code_id"
        f" WHERE code.max_uses IS NULL OR code.uses + given.n + ({LIVE_HOLDS}) <= code.max_uses"
        " ON CONFLICT DO NOTHING",
        {**_RESERVATION, "n": "int"},
        [{**_reservation(one), "n": new[one.code_id]} for one in held],
    )


def _redemption(one: RedemptionRecord) -> Mapping[str, Any]:
    money = one.amount
    return {
        **_moneyless(one),
        "amount_minor": money and money.minor,
        "currency": money and money.currency,
    }


_CASHBACK: Final = {
    "id": "bigint",
    "code_id": "bigint",
    "earning_order_id": "bigint",
    "customer_id": "bigint",
    "maximum_minor": "bigint",
    "charged_minor": "bigint",
    "currency": "text",
    "expires_at": "timestamptz",
    "disabled_at": "timestamptz",
    "redeemed_at": "timestamptz",
    "version": "int",
    "actor": "jsonb",
}
_REVERSAL: Final = {
    "id": "bigint",
    "state": "text",
    "reversed_at": "timestamptz",
    "reversal_reason": "text",
    "reversal_actor": "jsonb",
}
_RESERVATION_END: Final = {
    "id": "bigint",
    "ended_at": "timestamptz",
    "end_reason": "text",
    "redemption_id": "bigint",
}
_MONEY: Final = {"amount_minor": "bigint", "currency": "text"}
_REDEMPTION: Final = {
    "id": "bigint",
    "code_id": "bigint",
    "campaign_id": "bigint",
    "group_id": "bigint",
    "customer_id": "bigint",
    "order_id": "bigint",
    "order_number": "text",
    **_MONEY,
    "store": "text",
    "application": "text",
    "promotion_ids": "jsonb",
    "state": "text",
    "redeemed_at": "timestamptz",
    "reservation_id": "bigint",
    "metadata": "jsonb",
    "actor": "jsonb",
}
_RESERVATION: Final = {
    "id": "bigint",
    "code_id": "bigint",
    "group_id": "bigint",
    "customer_id": "bigint",
    "holder": "text",
    "expires_at": "timestamptz",
    "ended_at": "timestamptz",
    "end_reason": "text",
    "redemption_id": "bigint",
    "actor": "jsonb",
    "created_at": "timestamptz",
}
_cashback: Final = row_of(_CASHBACK)
_reversal: Final = row_of(_REVERSAL)
_ended: Final = row_of(_RESERVATION_END)
_moneyless: Final = row_of(name for name in _REDEMPTION if name not in _MONEY)
_reservation: Final = row_of(_RESERVATION)
