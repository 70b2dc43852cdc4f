"""What a database is opened for: how many connections that takes, and how they are set."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lane:
    """`pool_size` None is the setting's; `server_settings` are those of PostgreSQL."""

    pool_size: int | None = None
    server_settings: Mapping[str, str] = field(default_factory=dict)


GENERAL = Lane()
# Batches look rows up by keys. A plan that joins whole tables, chosen once by a wrong guess, would
# stay; and who waits this long for a lock had better decide anew.
BATCHES = Lane(
    pool_size=4,
    server_settings={
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "lock_timeout": "3s",
    },
)
