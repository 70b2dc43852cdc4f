"""Every rule of the schema refuses a row that breaks it, and nothing but it, by its name."""

from app import models
from app.database import Database, Transaction
from app.database.errors import ConstraintKind, ConstraintViolated
from app.database.schema import Check, Unique
from tests.contracts.rows import (
    ACTOR,
    LATER,
    NOW,
    VALID,
    Values,
    another,
    insert,
    insert_two_of_each,
)

BACKWARDS: Values = {"active_from": LATER, "active_to": NOW}
ARCHIVED: Values = {"archived_at": NOW, "enabled": True}
SOURCE: Values = {"kind": "SOURCE", "basket_key": None}

# constraint -> what makes another row break it
BREAKS: dict[str, dict[str, Values]] = {
    "number_series": {
        "number_series_name_key": {"name": "Letters"},
        "number_series_last_number_not_negative": {"last_number": -1},
    },
    "campaign": {
        "campaign_key_key": {"key": "SPRING"},
        "campaign_name_key": {"name": "Spring"},
        "campaign_kind_known": {"kind": "COUPON"},
        "campaign_available_to_known": {"available_to": "NOBODY"},
        "campaign_range_ordered": BACKWARDS,
        "campaign_maximum_uses_positive": {"maximum_uses": 0},
        "campaign_uses_per_customer_positive": {"uses_per_customer": 0},
        "campaign_archived_is_disabled": ARCHIVED,
        "campaign_generates_vouchers_only": {"kind": "SOURCE", "generate_using": "UNIQUE_ID"},
        "campaign_series_when_generated_by_it": {
            "number_series_id": 1,
            "generate_using": "UNIQUE_ID",
        },
        "campaign_last_job_sequence_not_negative": {"last_job_sequence": -1},
    },
    "code_group": {
        "code_group_key_key": {"key": "FRIENDS"},
        "code_group_name_key": {"name": "Friends"},
        "code_group_activation_known": {"activation": "NEVER"},
        "code_group_range_ordered": BACKWARDS,
        "code_group_total_reuse_positive": {"total_reuse_per_code": 0},
        "code_group_reuse_per_customer_positive": {"reuse_per_customer": 0},
        "code_group_archived_is_disabled": ARCHIVED,
    },
    "promotion": {
        "promotion_name_key": {"name": "Free shipping"},
        "promotion_range_ordered": BACKWARDS,
        "promotion_archived_is_disabled": ARCHIVED,
        "promotion_discount_kind_known": {"discount_kind": "LOTTERY"},
        "promotion_discount_fits_kind": {"discount_kind": "GIFT"},
        "promotion_discount_percent_in_range": {
            "discount_kind": "PERCENT",
            "discount_basis_points": 10_001,
        },
        "promotion_discount_amount_positive": {
            "discount_kind": "AMOUNT",
            "discount_amount_minor": 0,
            "discount_currency": "EUR",
        },
    },
    "promotion_group": {"promotion_group_pair_key": {"promotion_id": 1}},
    "customer": {
        "customer_number_key": {"number": "C-1"},
        "customer_login_key": {"login": "ada"},
        "customer_type_known": {"type": "ROBOT"},
        "customer_status_known": {"status": "ASLEEP"},
        "customer_erased_is_nameless": {"erased_at": NOW, "login": None, "last_name": "King"},
    },
    "order": {
        "order_number_key": {"number": "O-1"},
        "order_total_has_currency": {"total_minor": 100},
    },
    "file": {
        "file_size_not_negative": {"size": -1},
        "file_complete_is_measured": {"complete_at": NOW, "size": 1},
    },
    "file_chunk": {
        "file_chunk_pkey": {"number": 0},
        "file_chunk_number_not_negative": {"number": -1},
    },
    "job": {
        "job_sequence_key": {"sequence": 1},
        "job_status_known": {"status": "STUCK", "finished_at": NOW},
        "job_finished_when_ended": {"status": "SUCCESS"},
        "job_sequence_within_campaign": {"campaign_id": None},
        "job_counts_not_negative": {"failed": -1},
    },
    "import_row": {
        "import_row_pkey": {"row": 1},
        "import_row_code_key": {"normal_form": "SPRING1"},
        "import_row_counts_from_one": {"row": 0},
    },
    "row_result": {
        "row_result_pkey": {"row": 1},
        "row_result_outcome_known": {"outcome": "LOST"},
    },
    "code": {
        "code_normal_form_key": {"normal_form": "SPRING1"},
        "code_basket_key": {"basket_key": "basket 1"},
        "code_kind_known": {"kind": "COUPON", "basket_key": None},
        "code_available_to_known": {"available_to": "NOBODY"},
        "code_normal_form_length": {"normal_form": "AB"},
        "code_uses_not_negative": {"uses": -1},
        # A spent code is marked as such, so that this and not the mark is what is wrong.
        "code_uses_within_limit": {"max_uses": 1, "uses": 2, "used_up_at": NOW},
        "code_max_uses_positive": {"max_uses": 0, "used_up_at": NOW},
        "code_uses_per_customer_positive": {"uses_per_customer": 0},
        "code_used_up_when_spent": {"max_uses": 1, "uses": 1},
        "code_range_ordered": {"valid_from": LATER, "valid_to": NOW},
        "code_issues_vouchers_only": {**SOURCE, "issued_at": NOW},
        "code_available_to_needs_customer": {**SOURCE, "available_to": "ONLY_ISSUED_TO"},
        "code_suspension_has_reason": {"suspended_at": NOW},
        "code_withdrawal_has_reason": {"withdrawal_reason": "printed twice"},
        "code_has_actor": {"actor": None},
    },
    "code_customer": {
        "code_customer_pkey": {"customer_id": 1},
        "code_customer_uses_not_negative": {"uses": -1},
        "code_customer_uses_within_limit": {"uses": 3, "cap": 2},
    },
    "group_customer": {
        "group_customer_pkey": {"customer_id": 1},
        "group_customer_uses_not_negative": {"uses": -1},
        "group_customer_uses_within_limit": {"uses": 3, "cap": 2},
    },
    "redemption": {
        "redemption_order_key": {"order_id": 1, "order_number": "O-1"},
        "redemption_state_known": {"state": "LOST"},
        "redemption_reversal_is_told": {"state": "REVERSED"},
        "redemption_amount_has_currency": {"amount_minor": 100},
        "redemption_amount_not_negative": {"amount_minor": -1, "currency": "EUR"},
        "redemption_order_has_number": {"order_number": None},
    },
    "reservation": {
        "reservation_holder_key": {"holder": "C-1"},
        "reservation_end_has_reason": {"ended_at": NOW},
    },
    "cashback": {
        "cashback_code_key": {"code_id": 1},
        "cashback_maximum_positive": {"maximum_minor": 0},
        "cashback_charged_within_maximum": {"charged_minor": 501},
    },
    "attempt": {
        "attempt_minute_key": {"reasons": "EXPIRED"},
        "attempt_count_positive": {"count": 0},
    },
    "idempotency": {
        "idempotency_key": {"key": "k-1"},
        "idempotency_made_has_kind": {"made_id": 1},
    },
    "api_key": {
        "api_key_name_key": {"name": "Shop"},
        "api_key_role_known": {"role": "GUEST"},
        "api_key_role_or_scopes": {"scopes": ["codes:read"]},
        "api_key_ends_after_it_began": {"expires_at": NOW},
    },
    "api_key_secret": {
        "api_key_secret_prefix_key": {"prefix": "abcdefghij"},
        "api_key_secret_current_key": {"expires_at": None},
        "api_key_secret_range_ordered": {"created_at": LATER, "expires_at": NOW},
    },
}

# Near the edge, yet within the rules: table -> rows, each on its own.
ALLOWED: dict[str, list[Values]] = {
    "customer": [{"login": None}, {"erased_at": NOW, "login": None}],
    "job": [
        {"sequence": None},
        {"sequence": 1, "campaign_id": 2},
        {"status": "SUCCESS", "finished_at": NOW},
    ],
    "code": [
        {"max_uses": 2, "uses": 1},
        {"max_uses": 2, "uses": 2, "used_up_at": NOW},
        {"basket_key": "basket 1", "campaign_id": 2},
        {"available_to": "ONLY_ISSUED_TO"},
        {**SOURCE, "available_to": "ONLY_ISSUED_TO", "issued_to_id": 1},
        {"actor": None, "created_by_job_id": 1},
    ],
    "redemption": [
        {
            "order_id": 1,
            "order_number": "O-1",
            "state": "REVERSED",
            "reversed_at": NOW,
            "reversal_actor": ACTOR,
        },
        {"order_id": 1, "order_number": "O-1", "code_id": 2},
    ],
    "reservation": [{"holder": "C-1", "ended_at": NOW, "end_reason": "RELEASED"}],
    "cashback": [{"charged_minor": 500}],
    "attempt": [{"reasons": "EXPIRED", "minute": LATER}],
    "api_key": [
        {"name": "Shop", "revoked_at": NOW},
        {"role": None, "scopes": ["codes:read"]},
        {"expires_at": LATER},
    ],
    "api_key_secret": [{"expires_at": NOW}, {"api_key_id": 2, "expires_at": None}],
}


def test_every_rule_is_tried() -> None:
    declared = {
        model._meta.db_table: {  # noqa: SLF001 - Tortoise's metadata
            rule.name
            for rule in model._meta.constraints  # noqa: SLF001
            if isinstance(rule, Check | Unique)
        }
        for model in (getattr(models, name) for name in models.__all__)
    }
    tried = {table: set(BREAKS.get(table, {})) for table in declared}
    assert tried == declared


async def test_each_rule_refuses_what_breaks_it(database: Database) -> None:
    broken = {
        rule: another(table, 3, **changes)
        for table, rules in BREAKS.items()
        for rule, changes in rules.items()
    }
    table_of = {rule: table for table, rules in BREAKS.items() for rule in rules}
    async with database.transaction() as tx:
        await insert_first_rows(tx)
        refusals = {rule: await refusal(tx, table_of[rule], row) for rule, row in broken.items()}
    assert refusals == {rule: rule for rule in broken}


async def test_rules_allow_what_comes_close(database: Database) -> None:
    rows = [
        (table, another(table, 3, **changes)) for table in ALLOWED for changes in ALLOWED[table]
    ]
    async with database.transaction() as tx:
        await insert_first_rows(tx)
        refusals = [await refusal(tx, table, row) for table, row in rows]
    assert refusals == [None] * len(rows)


async def test_a_row_to_which_others_refer_stays(database: Database) -> None:
    async with database.transaction() as tx:
        await insert_two_of_each(tx)
        referred = ["api_key", "campaign", "code", "code_group", "customer", "file", "job", "order"]
        answers = {}
        for table in referred:
            try:
                async with tx.savepoint():
                    await tx.execute(f'DELETE FROM "{table}" WHERE id = $1', 1)
            except ConstraintViolated as exc:
                answers[table] = exc.kind
    assert answers == dict.fromkeys(referred, ConstraintKind.FOREIGN_KEY)


async def insert_first_rows(tx: Transaction) -> None:
    """Insert a row of each table, and a second one of those to which other rows refer."""
    for table, values in VALID.items():
        await insert(tx, table, values)
        if table in {"campaign", "promotion", "customer", "order", "code", "api_key"}:
            await insert(tx, table, another(table, 2))


async def refusal(tx: Transaction, table: str, row: Values) -> str | None:
    """Return the constraint that refuses the row; a row that gets in goes again."""
    try:
        async with tx.savepoint():
            await insert(tx, table, row)
    except ConstraintViolated as exc:
        return exc.name
    await tx.execute(f'DELETE FROM "{table}" WHERE id = $1', row["id"])
    return None
