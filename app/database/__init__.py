from app.database.database import Database, dialect, tortoise_config
from app.database.engine import Row
from app.database.transaction import Statements, Transaction

__all__ = ["Database", "Row", "Statements", "Transaction", "dialect", "tortoise_config"]
