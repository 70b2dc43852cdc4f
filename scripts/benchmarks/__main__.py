"""Run a benchmark, print its ratios with their spread, and keep every figure as JSON."""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from scripts.benchmarks import detail, explain, generate, importing, redeem, watchers
from scripts.benchmarks.stands import HOMES

RESULTS = Path(__file__).parents[2] / "bench-results"
BENCHMARKS = {
    "detail": detail,
    "explain": explain,
    "generate": generate,
    "import": importing,
    "redeem": redeem,
    "watchers": watchers,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("benchmark", choices=sorted(BENCHMARKS))
    parser.add_argument("--runs", type=int, default=5, help="how often each side is measured")
    parser.add_argument("--count", type=int, default=100_000, help="codes or rows a run")
    parser.add_argument("--codes", type=int, default=100_000, help="codes in the shop of reads")
    parser.add_argument("--watchers", type=int, default=1_000, help="who watch one job")
    parser.add_argument("--only", choices=sorted(HOMES), help="one database only")
    chosen = parser.parse_args()
    backends = [chosen.only] if chosen.only else sorted(HOMES)
    benchmark = BENCHMARKS[chosen.benchmark]
    started = datetime.now(UTC)
    results = {}
    for backend in backends:
        results[backend] = benchmark.measure(backend, chosen)
        print(benchmark.line(backend, results[backend]), flush=True)
    path = RESULTS / f"{chosen.benchmark}-{started:%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(exist_ok=True)
    facts = {"at": started.isoformat(), "asked": vars(chosen), "machine": machine()}
    path.write_text(json.dumps({**facts, "results": results}, indent=1))
    print(f"All figures: {path.relative_to(RESULTS.parent)}")
    if any(result.get("broken") for result in results.values()):
        sys.exit(1)


def machine() -> dict[str, str | int | None]:
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
    }


main()
