"""The tables, one noun a file; `docs/domain.md` describes them."""

from app.models.api_key import ApiKey, ApiKeySecret
from app.models.campaign import Campaign
from app.models.cashback import Cashback
from app.models.code import Code, CodeCustomer, GroupCustomer
from app.models.code_group import CodeGroup
from app.models.customer import Customer
from app.models.file import File, FileChunk
from app.models.history import Attempt, AuditEntry, CodeEvent, Idempotency, Outbox, Revision
from app.models.job import ImportRow, Job, RowResult
from app.models.number_series import NumberSeries
from app.models.order import Order
from app.models.promotion import Promotion, PromotionGroup
from app.models.redemption import Redemption, Reservation

__all__ = [
    "ApiKey",
    "ApiKeySecret",
    "Attempt",
    "AuditEntry",
    "Campaign",
    "Cashback",
    "Code",
    "CodeCustomer",
    "CodeEvent",
    "CodeGroup",
    "Customer",
    "File",
    "FileChunk",
    "GroupCustomer",
    "Idempotency",
    "ImportRow",
    "Job",
    "NumberSeries",
    "Order",
    "Outbox",
    "Promotion",
    "PromotionGroup",
    "Redemption",
    "Reservation",
    "Revision",
    "RowResult",
]
