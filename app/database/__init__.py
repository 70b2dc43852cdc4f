from app.database.database import Database, Transaction, dialect, tortoise_config
from app.database.engine import Row

__all__ = ["Database", "Row", "Transaction", "dialect", "tortoise_config"]
