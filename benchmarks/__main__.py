"""The command: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks import answering, command, images, machine, tables, training
from benchmarks.harness import Result, measure

WORKLOADS = (
    *training.WORKLOADS, *images.WORKLOADS, *answering.WORKLOADS, *command.WORKLOADS,
)  # fmt: skip
WIDTH = 110  # where there is no terminal
QUICK = 0.1  # the share of steps that is done
README = Path(__file__).with_name("README.md")


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description="Time pellucid and other libraries at the same work, in turn.",
        epilog="workloads:\n" + tables.listed(WORKLOADS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="WORKLOAD", help="which ones; all by default")
    parser.add_argument("--rounds", type=int, default=0, help="how many; 5, or 1 if quick")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps, to look around")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    parser.add_argument("--write", action="store_true", help="put the results into README.md")
    found = parser.parse_args(arguments)
    unknown = [name for name in found.names if name not in names]
    if unknown:
        parser.error(f"no workload is called {unknown[0]!r}; there are {', '.join(names)}")
    if found.rounds < 0:
        parser.error("--rounds is at least 1")
    if found.write and (found.names or found.quick):
        parser.error("--write takes all workloads at their full length")
    found.rounds = found.rounds or (1 if found.quick else 5)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; give 1 if something could not be measured."""
    options = parsed(arguments)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    header = machine.described() | {"rounds": str(options.rounds)}
    if options.quick:
        header["quick"] = f"{QUICK:.0%} of the steps: these ratios are not those of the targets"
    for name, value in header.items():
        console.print(f"{name:9} {value}", highlight=False)
    console.print("\n× is how many times as much as pellucid", highlight=False)
    before, start = machine.load(), time.perf_counter()
    results: list[Result] = []
    for workload in WORKLOADS:
        if not options.names or workload.name in options.names:
            results.append(measure(workload, options.rounds, QUICK if options.quick else 1.0))
            console.print("", tables.workload_table(results[-1]))
    header["load"] = f"{before} before, {machine.load()} after, of which the benchmark is up to one"
    header["took"] = tables.shown_seconds(time.perf_counter() - start)
    console.print("", tables.target_table(results))
    console.print(f"load      {header['load']}\ntook      {header['took']}", highlight=False)
    if options.json:
        found = {**header, "workloads": [result.plain() for result in results]}
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    if options.write:
        tables.write(README, tables.markdown(header, results))
    return int(any(side.trouble for result in results for side in result.sides.values()))


if __name__ == "__main__":
    sys.exit(main())
