from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that can be set, read from the environment as `PROMOGRAPH_*`.

    `.env.example` lists the same names with the same defaults; a contract test compares them.
    """

    model_config = SettingsConfigDict(env_prefix="PROMOGRAPH_", env_file=".env", extra="ignore")

    database_url: str = "sqlite://data/promograph.sqlite3"
    redis_url: str = ""
    secret: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    time_zone: str = "UTC"
    # A worker that is silent this long loses its job to another one.
    lease_seconds: float = Field(default=10, gt=0)
    # How often each worker looks for lost rings and lost workers.
    reap_seconds: float = Field(default=2, gt=0)
    # How long a job keeps its place while others wait.
    slice_seconds: float = Field(default=2, gt=0)
    # How many jobs one worker has in hand at the same time.
    worker_jobs: int = Field(default=4, ge=1, le=100)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"

    @cached_property
    def embedded(self) -> bool:
        """True when the database is an SQLite file and the queue lives in the API process."""
        return self.database_url.startswith("sqlite://")

    @cached_property
    def sqlite_path(self) -> Path:
        return Path(self.database_url.removeprefix("sqlite://"))
