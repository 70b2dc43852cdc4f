"""The demo company's customers and what they ordered; every name is made up."""

from datetime import datetime, timedelta

from app.domain.customers import CustomerStatus, CustomerType
from app.services.demo.tables import Row, Tables

CUSTOMERS = 500
ORDERS = 800
FIRST_NAMES = (
    "Ada", "Amir", "Anna", "Aylin", "Ben", "Carla", "Chen", "Clara", "Daniel", "Elif", "Emil",
    "Fatima", "Finn", "Greta", "Hanna", "Ivan", "Jonas", "Kofi", "Lea", "Liam", "Lina", "Marta",
    "Mateo", "Mila", "Noah", "Nora", "Olga", "Paul", "Priya", "Rosa", "Samir", "Sofia", "Theo",
    "Vera", "Yuki", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Albers", "Bauer", "Becker", "Costa", "Demir", "Dubois", "Fischer", "Garcia", "Haas", "Ivanova",
    "Jansen", "Keller", "Kim", "Kowalski", "Lang", "Meyer", "Moreau", "Nguyen", "Novak", "Okafor",
    "Patel", "Peters", "Richter", "Rossi", "Sato", "Schmidt", "Silva", "Sommer", "Svensson",
    "Tanaka", "Vogel", "Wagner", "Weber", "Yilmaz", "Zimmer",
)  # fmt: skip
STORES = ("Berlin-Mitte", "Hamburg-Altona", "Leipzig", "Munich-Ost", "Vienna")


def customers(tables: Tables) -> None:
    dice = tables.dice
    for number in range(1, CUSTOMERS + 1):
        first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
        login = f"{first}.{last}{number}".lower()
        joined = tables.moment(-dice.between(20, 700))
        tables.add_editable(
            "customer",
            joined,
            number=f"C-{10_000 + number}",
            login=login if dice.chance(80) else None,
            email=f"{login}@example.com",
            first_name=first,
            last_name=last,
            type=CustomerType.B2B if dice.chance(12) else CustomerType.B2C,
            status=_status(dice.below(100)),
            segments=_segments(tables),
        )


def _status(throw: int) -> CustomerStatus:
    if throw < 93:  # noqa: PLR2004 - of a hundred
        return CustomerStatus.ACTIVE
    return CustomerStatus.INACTIVE if throw < 97 else CustomerStatus.BLOCKED  # noqa: PLR2004 - as above


def _segments(tables: Tables) -> list[str]:
    dice = tables.dice
    shares = {"loyalty": 35, "staff": 6, "newsletter": 40}
    return [segment for segment, share in shares.items() if dice.chance(share)]


def orders(tables: Tables) -> None:
    """Orders of the last 200 days in the order of time, most of them by a customer."""
    dice = tables.dice
    first, last = tables.now - timedelta(days=200), tables.now - timedelta(hours=1)
    for number, placed in enumerate(
        sorted(dice.instant(first, last) for _ in range(ORDERS)), start=1
    ):
        customer = None if dice.chance(8) else some_customer(tables, placed)
        in_store = dice.chance(20)
        tables.add_editable(
            "order",
            placed,
            number=f"SO-{100_000 + number}",
            customer_id=customer and customer["id"],
            store=dice.pick(STORES) if in_store else None,
            application="store" if in_store else dice.pick(("webshop", "webshop", "app")),
            placed_at=placed,
            total_minor=dice.between(1_200, 24_000),
            currency="EUR",
            status="PLACED" if placed > tables.now - timedelta(days=3) else "SHIPPED",
            deleted=dice.chance(2),
        )


def some_customer(tables: Tables, at: datetime) -> Row:
    """Some active customer who had joined by then."""
    while True:
        customer = tables.dice.pick(tables.rows["customer"])
        if customer["status"] == CustomerStatus.ACTIVE and customer["created_at"] <= at:
            return customer
