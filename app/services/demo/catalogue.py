"""What the demo company sells with: campaigns, groups, promotions."""

from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.durations import Duration
from app.domain.issue_validity import CalendarUnit, FixedPeriod, RelativeEnd
from app.services.demo.plans import (
    BatchPlan,
    CampaignPlan,
    GroupPlan,
    PromotionPlan,
    SeriesPlan,
)

SOURCE = CampaignKind.SOURCE
A_MONTH = FixedPeriod(Duration(days=30))
HALF_A_YEAR = FixedPeriod(Duration(days=180))
END_OF_NEXT_MONTH = RelativeEnd(CalendarUnit.MONTH, offset=1)

SERIES = (
    SeriesPlan("Loyalty cards", "LOYAL-00000#"),
    SeriesPlan("Newsletter readers", "NEWS-00000#-????!"),
    SeriesPlan("Paper coupons", "PAPER-0000#", archived_day=-190),
)

CAMPAIGNS = (
    CampaignPlan(
        "WELCOME",
        "Welcome to the shop",
        (
            BatchPlan(4_000, -210, "welcome-spring", issue_now=False),
            BatchPlan(2_000, -30, "welcome-autumn", issue_now=False),
        ),
        reporting_code="ACQ",
        uses_per_customer=1,
        mask="????-????-????!",
        on_demand=True,
        validity=A_MONTH,
        redeemed=26,
    ),
    CampaignPlan(
        "LOYALTY",
        "Loyalty rewards",
        (
            BatchPlan(2_000, -240, "loyalty-cards-1", group="LOYALTY-SPRING"),
            BatchPlan(1_000, -90, "loyalty-cards-2", group="LOYALTY-AUTUMN"),
        ),
        reporting_code="CRM",
        applications=("webshop", "app"),
        segments=("loyalty",),
        maximum_uses=5,
        uses_per_customer=3,
        series="Loyalty cards",
        mask="LOYAL-00000#",
        redeemed=22,
    ),
    CampaignPlan(
        "NEWSLETTER",
        "Newsletter thank-you",
        (
            BatchPlan(2_500, -55, "newsletter-october", group="NEWSLETTER"),
            BatchPlan(500, -12, "newsletter-november", group="NEWSLETTER"),
        ),
        reporting_code="CRM",
        series="Newsletter readers",
        mask="NEWS-00000#-????!",
        validity=END_OF_NEXT_MONTH,
        redeemed=16,
    ),
    CampaignPlan(
        "SUMMER-CLEARANCE",
        "Summer clearance",
        (BatchPlan(1_500, -160, "clearance", group="CLEARANCE"),),
        reporting_code="SALE",
        days=(-155, -80),
        mask="SUN-????-????!",
        validity=A_MONTH,
        redeemed=10,
    ),
    CampaignPlan(
        "CINEMA",
        "Cinema tickets of our partner",
        (BatchPlan(800, -70, "cinema-delivery"),),
        reporting_code="PARTNER",
        mask="KINO-????-????-????!",
        issue_only=True,
        validity=HALF_A_YEAR,
    ),
    CampaignPlan(
        "REFER-A-FRIEND",
        "Refer a friend",
        (BatchPlan(600, -120, "friends", issue_now=False),),
        reporting_code="ACQ",
        available_to=AvailableTo.ANY_EXCEPT_ISSUED_TO,
        mask="FRIEND-????-????!",
        on_demand=True,
        validity=HALF_A_YEAR,
        redeemed=10,
    ),
    CampaignPlan(
        "CASHBACK",
        "Cashback weeks",
        (BatchPlan(300, -100, "cashback-autumn"),),
        reporting_code="CRM",
        days=(-100, None),
        mask="CASH-????-????-????!",
        validity=HALF_A_YEAR,
    ),
    CampaignPlan(
        "SPRING-PREVIEW",
        "Spring preview",
        (
            BatchPlan(700, -4, "preview", issue_now=False),
            BatchPlan(
                100, -3, "preview-more", issue_now=False, status="CANCELLED", requested=5_000
            ),
        ),
        reporting_code="SALE",
        days=(60, 90),
        mask="BLOOM-????-????!",
        validity=A_MONTH,
    ),
    CampaignPlan(
        "PAPER-COUPONS",
        "Paper coupons",
        (BatchPlan(500, -330, "print-run-1"),),
        enabled=False,
        archived_day=-190,
        days=(-330, -200),
        series="Paper coupons",
        mask="PAPER-0000#",
    ),
    CampaignPlan(
        "FLYER",
        "City flyer",
        (
            BatchPlan(1_300, -45, "flyer-north", group="FLYER-NORTH"),
            BatchPlan(1_200, -20, "flyer-south", group="FLYER-SOUTH", status="WARNINGS"),
        ),
        kind=SOURCE,
        reporting_code="PRINT",
        days=(-42, 30),
        applications=("webshop", "store"),
        texts=("CITY-FLYER",),
        redeemed=12,
    ),
    CampaignPlan(
        "CREATORS",
        "Creators",
        (),
        kind=SOURCE,
        reporting_code="SOCIAL",
        maximum_uses=None,
        uses_per_customer=1,
        texts=("ANNA15", "BENJI10", "COOK-WITH-CLARA", "DIY.DANIEL", "ELIF20", "FOOD-BY-FINN"),
        redeemed=22,
    ),
    CampaignPlan(
        "STAFF",
        "Staff and family",
        (BatchPlan(400, -280, "staff-list", group="STAFF"),),
        kind=SOURCE,
        reporting_code="HR",
        segments=("staff",),
        maximum_uses=12,
        texts=("STAFF-TEST",),
        redeemed=8,
    ),
    CampaignPlan(
        "MAGAZINE",
        "Magazine insert",
        (BatchPlan(591, -150, "magazine-june"),),
        kind=SOURCE,
        reporting_code="PRINT",
        enabled=False,
        texts=("MAGAZINE",),
    ),
)

GROUPS = (
    GroupPlan("LOYALTY-SPRING", "Loyalty: spring round", "LOYALTY", reuse_per_customer=4),
    GroupPlan(
        "LOYALTY-AUTUMN",
        "Loyalty: autumn round",
        "LOYALTY",
        activation="WHILE_PROMOTIONS_RUN",
        total_reuse=3,
    ),
    GroupPlan("NEWSLETTER", "Newsletter readers", "NEWSLETTER", reuse_per_customer=2),
    GroupPlan("CLEARANCE", "Clearance", "SUMMER-CLEARANCE", enabled=False, days=(-155, -80)),
    GroupPlan("FLYER-NORTH", "Flyer: northern stores", "FLYER", days=(-42, 30), in_store=True),
    GroupPlan("FLYER-SOUTH", "Flyer: southern stores", "FLYER", days=(-42, 30), in_store=True),
    GroupPlan("STAFF", "Staff", "STAFF", segments=("staff",)),
)

PROMOTIONS = (
    PromotionPlan(
        "10 % off the first order", "PERCENT", {"discount_basis_points": 1_000}, "WELCOME"
    ),
    PromotionPlan("A welcome code with the registration", "ISSUE_CODE", issues="WELCOME"),
    PromotionPlan(
        "5 euros off for loyal customers",
        "AMOUNT",
        {"discount_amount_minor": 500, "discount_currency": "EUR"},
        "LOYALTY",
        groups=("LOYALTY-SPRING", "LOYALTY-AUTUMN"),
        segments=("loyalty",),
    ),
    PromotionPlan(
        "A mug for loyal customers",
        "GIFT",
        {"gift_sku": "MUG-BLUE"},
        groups=("LOYALTY-AUTUMN",),
        days=(-90, 40),
    ),
    PromotionPlan("Free shipping for readers", "FREE_SHIPPING", groups=("NEWSLETTER",)),
    PromotionPlan(
        "30 % off summer goods",
        "PERCENT",
        {"discount_basis_points": 3_000},
        "SUMMER-CLEARANCE",
        groups=("CLEARANCE",),
        days=(-155, -80),
    ),
    PromotionPlan(
        "A code for a friend with every order",
        "ISSUE_CODE",
        issues="REFER-A-FRIEND",
        days=(-120, None),
    ),
    PromotionPlan(
        "10 euros off for friends",
        "AMOUNT",
        {"discount_amount_minor": 1_000, "discount_currency": "EUR"},
        "REFER-A-FRIEND",
    ),
    PromotionPlan(
        "15 % off with the flyer",
        "PERCENT",
        {"discount_basis_points": 1_500},
        groups=("FLYER-NORTH", "FLYER-SOUTH"),
        days=(-42, 30),
    ),
    PromotionPlan(
        "15 % off from creators", "PERCENT", {"discount_basis_points": 1_500}, "CREATORS"
    ),
    PromotionPlan(
        "25 % off for staff",
        "PERCENT",
        {"discount_basis_points": 2_500},
        "STAFF",
        groups=("STAFF",),
        segments=("staff",),
    ),
    PromotionPlan(
        "A tote bag with the magazine",
        "GIFT",
        {"gift_sku": "TOTE-JUNE"},
        "MAGAZINE",
        enabled=False,
        days=(-150, -60),
    ),
    PromotionPlan(
        "20 % off the spring preview",
        "PERCENT",
        {"discount_basis_points": 2_000},
        "SPRING-PREVIEW",
        days=(60, 90),
    ),
)
