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
    database_pool_size: int = Field(default=10, ge=2)
    database_wait_seconds: int = Field(default=10, gt=0)
    database_statement_seconds: int = Field(default=60, gt=0)
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

    allowed_hosts: list[str] = ["localhost", "127.0.0.1", "[::1]"]
    allowed_origins: list[str] = []

    max_body_bytes: int = Field(default=1_048_576, gt=0)
    max_document_characters: int = Field(default=65_536, gt=0)
    max_tokens: int = Field(default=2_000, gt=0)
    max_depth: int = Field(default=16, gt=0)
    max_aliases: int = Field(default=20, ge=0)
    max_nested_lists: int = Field(default=5, gt=0)
    max_equal_keys: int = Field(default=20, gt=0)
    max_fragments: int = Field(default=50, ge=0)
    max_directives: int = Field(default=30, ge=0)
    max_cost: int = Field(default=10_000, gt=0)
    max_subscriptions_per_socket: int = Field(default=20, gt=0)
    document_cache_entries: int = Field(default=1_000, gt=0)
    document_cache_bytes: int = Field(default=33_554_432, gt=0)

    @cached_property
    def embedded(self) -> bool:
        """True when the database is an SQLite file and the queue lives in the API process."""
        return self.database_url.startswith("sqlite://")

    @cached_property
    def sqlite_path(self) -> Path:
        return Path(self.database_url.removeprefix("sqlite://"))
