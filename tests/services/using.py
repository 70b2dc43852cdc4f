"""What was done with a code, stored as the services of redemption will store it."""

from datetime import datetime, timedelta

from app.database import Database
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.models.cashback import Cashback
from app.models.order import Order
from app.models.redemption import Redemption, Reservation
from app.services import customers
from app.services.editing import Stamp
from tests.making import ACTOR, CALLER, NOW


async def redeem(database: Database, code_id: int, *, reversed_since: bool = False) -> None:
    """One use by a customer; a reversed one is given back."""
    uses = 0 if reversed_since else 1
    async with database.transaction() as tx:
        customer_id = await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))
        (row,) = await tx.fetch("SELECT campaign_id FROM code WHERE id = $1", code_id)
        await Redemption.create(
            using_db=tx.client,
            code_id=code_id,
            campaign_id=row["campaign_id"],
            customer_id=customer_id,
            state=RedemptionState.REVERSED if reversed_since else RedemptionState.CONFIRMED,
            reversed_at=NOW if reversed_since else None,
            reversal_actor=ACTOR if reversed_since else None,
            redeemed_at=NOW,
            actor=ACTOR,
        )
        await tx.execute(
            "INSERT INTO code_customer (code_id, customer_id, uses) VALUES ($1, $2, $3)"
            " ON CONFLICT (code_id, customer_id) DO UPDATE SET uses = code_customer.uses + $3",
            code_id,
            customer_id,
            uses,
        )
        await tx.execute(
            "UPDATE code SET uses = uses + $2,"
            " used_up_at = CASE WHEN uses + $2 = max_uses THEN $3 ELSE used_up_at END"
            " WHERE id = $1",
            code_id,
            uses,
            NOW,
        )


async def reserve(
    database: Database,
    code_id: int,
    holder: str = "s-1",
    expires_at: datetime = NOW + timedelta(days=1),
    ended_at: datetime | None = None,
) -> None:
    async with database.transaction() as tx:
        await Reservation.create(
            using_db=tx.client,
            code_id=code_id,
            holder=holder,
            expires_at=expires_at,
            ended_at=ended_at,
            end_reason=ended_at and ReservationEnd.RELEASED,
            actor=ACTOR,
            created_at=NOW,
        )


async def earn(database: Database, code_id: int) -> None:
    """Cashback on the code."""
    usual = {"actor": ACTOR, "created_at": NOW, "updated_at": NOW}
    async with database.transaction() as tx:
        customer_id = await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))
        order = await Order.create(using_db=tx.client, number="O-1", **usual)
        await Cashback.create(
            using_db=tx.client,
            code_id=code_id,
            earning_order_id=order.id,
            customer_id=customer_id,
            maximum_minor=100,
            currency="EUR",
            **usual,
        )


async def withdraw(database: Database, code_id: int) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE code SET withdrawn_at = $2, withdrawal_reason = 'misprint' WHERE id = $1",
            code_id,
            NOW,
        )
