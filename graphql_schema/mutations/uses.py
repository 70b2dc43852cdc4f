"""Uses of codes: taken, held, let go of, given back."""

from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services.life import asking
from graphql_schema.context import Info
from graphql_schema.inputs.life import (
    RedeemCodeInput,
    ReleaseReservationInput,
    ReserveCodeInput,
    ReverseRedemptionInput,
    values,
)
from graphql_schema.mutations.payloads import (
    RedemptionPayload,
    ReservationPayload,
    answer_call,
)
from graphql_schema.permissions import permitted

_ASKED = strawberry.argument(name="input", description="What is asked for.")


async def redeem_code(info: Info, given: Annotated[RedeemCodeInput, _ASKED]) -> RedemptionPayload:
    asked = values(given, reservation_id="Reservation")
    return await answer_call(info, RedemptionPayload, asking.redeem, asked)


async def reserve_code(
    info: Info, given: Annotated[ReserveCodeInput, _ASKED]
) -> ReservationPayload:
    asked = values(given)
    return await answer_call(info, ReservationPayload, asking.reserve, asked)


async def release_reservation(
    info: Info, given: Annotated[ReleaseReservationInput, _ASKED]
) -> ReservationPayload:
    asked = values(given, id="Reservation")
    return await answer_call(info, ReservationPayload, asking.release, asked)


async def reverse_redemption(
    info: Info, given: Annotated[ReverseRedemptionInput, _ASKED]
) -> RedemptionPayload:
    asked = values(given, id="Redemption")
    return await answer_call(info, RedemptionPayload, asking.reverse, asked)


@strawberry.type
class UseMutations:
    redeem_code: RedemptionPayload | None = strawberry.mutation(
        resolver=redeem_code,
        # A redemption of an earlier call is found by the number of its order.
        metadata=permitted(Scope.CODES_REDEEM, repeats="order_number"),
        description=(
            "Take a use of a code, for good unless it is reversed. A refusal says every reason."
        ),
    )
    reserve_code: ReservationPayload | None = strawberry.mutation(
        resolver=reserve_code,
        # A reservation of an earlier call is found by its holder.
        metadata=permitted(Scope.CODES_REDEEM, repeats="holder"),
        description=(
            "Hold a use of a code for a customer or session; it counts against every limit."
        ),
    )
    release_reservation: ReservationPayload | None = strawberry.mutation(
        resolver=release_reservation,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Let go of a reservation; one that is over already stays as it is."),
    )
    reverse_redemption: RedemptionPayload | None = strawberry.mutation(
        resolver=reverse_redemption,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Give a use back, at any time; a code that was withdrawn stays so."),
    )
