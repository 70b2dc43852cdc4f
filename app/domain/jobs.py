from enum import StrEnum


class JobKind(StrEnum):
    """What a background request does."""

    IMPORT = "IMPORT"
    GENERATE = "GENERATE"
    EXPORT = "EXPORT"
    WITHDRAW = "WITHDRAW"


class JobStatus(StrEnum):
    """How a background request stands or ended; the words of the Import Log."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    WARNINGS = "WARNINGS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class JobPhase(StrEnum):
    """What a job is busy with; only an import parses."""

    QUEUED = "QUEUED"
    PARSING = "PARSING"
    APPLYING = "APPLYING"
    DONE = "DONE"
