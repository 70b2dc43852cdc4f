"""How figures of several runs are told."""

from collections.abc import Mapping, Sequence
from statistics import median


def spread(runs: Sequence[Mapping[str, float]], name: str) -> str:
    """The median, and in brackets the extremes."""
    values = sorted(run[name] for run in runs)
    return f"{median(values):.3g} [{values[0]:.3g} .. {values[-1]:.3g}]"
