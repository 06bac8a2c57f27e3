"""Results for a reader: tables in a terminal, and Markdown between two marks of README.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from rich.box import SIMPLE
from rich.table import Table

from benchmarks.harness import Result
from benchmarks.workload import Of, Target, Workload

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
COLUMNS = ("first", "next", "best", "each", "memory", "× first", "× next", "× memory")
NONE = "–"


def shown_seconds(seconds: float) -> str:
    """Give three digits and a unit."""
    sizes = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
    unit = next((unit for unit, size in sizes.items() if seconds >= size), "µs")
    return f"{seconds / sizes[unit]:.3g} {unit}"


def shown_ratio(ratio: float | None) -> str:
    """Give a ratio to three digits, or a dash where there is none."""
    if ratio is None:
        return NONE
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


def cells(result: Result, way: str) -> tuple[str, ...]:
    """Give the figures of one side, in the order of the columns."""
    side = result.sides[way]
    if side.trouble:
        return (NONE,) * len(COLUMNS)
    ratios: tuple[Of, ...] = ("first fit", "next fit", "memory")
    of_pellucid = way == result.workload.ours
    return (
        shown_seconds(median(side.first)), shown_seconds(median(side.next)),
        shown_seconds(min(side.next)), shown_seconds(median(side.next) / result.steps),
        f"{side.memory:.0f} MiB",
        *("" if of_pellucid else shown_ratio(result.ratio(way, of)) for of in ratios),
    )  # fmt: skip


def titled(result: Result) -> str:
    """Say what was done, and how often."""
    workload, steps = result.workload, result.steps
    units = workload.unit if steps == 1 else f"{workload.unit}s"
    return f"{workload.name}: {workload.title}; {steps:,} {units}"


def columns(result: Result) -> list[str]:
    """Name the columns of figures."""
    return [column.replace("each", f"a {result.workload.unit}") for column in COLUMNS]


def wanted(target: Target) -> str:
    """Say what is wanted of a ratio."""
    return f"≥ {shown_ratio(target.ratio)} × {target.peer}"


def verdict(target: Target, reached: float | None) -> str:
    """Say whether a target is met."""
    return "not measured" if reached is None else "yes" if reached >= target.ratio else "no"


def workload_table(result: Result) -> Table:
    """Show what was measured of each side of a workload."""
    table = Table(title=titled(result), title_justify="left", caption_justify="left", box=SIMPLE)
    table.add_column("", min_width=22)
    for column in columns(result):
        table.add_column(column, justify="right", no_wrap=True)
    for way, side in result.sides.items():
        table.add_row(way, *cells(result, way))
        if side.trouble:
            table.caption = f"{table.caption or ''}{way}: {side.trouble}\n"
    return table


def _verdict_rows(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        for target, reached in result.verdicts():
            row = (result.workload.name, target.of, wanted(target), shown_ratio(reached))
            yield *row, verdict(target, reached)


HEADS = ("workload", "of", "wanted", "reached", "met")


def target_table(results: Sequence[Result]) -> Table:
    """Show each target with what was reached."""
    table = Table(title="Targets", title_justify="left", box=SIMPLE)
    for head in HEADS:
        table.add_column(head, justify="right" if head == "reached" else "left")
    for row in _verdict_rows(results):
        table.add_row(*row, style={"no": "red", "yes": "green"}.get(row[-1], "dim"))
    return table


# --- Markdown ------------------------------------------------------------------------------


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Make a table, the columns after the first ones to the right."""
    line = ["---" if k < left else "---:" for k in range(len(heads))]
    return [f"| {' | '.join(row)} |" for row in (heads, line, *rows)]


def markdown(header: Mapping[str, str], results: Sequence[Result]) -> str:
    """Write header, targets and figures."""
    rows = list(_verdict_rows(results))
    met = sum(row[-1] == "yes" for row in rows)
    lines = [f"- {name}: {value}" for name, value in header.items()]
    lines += ["", f"{met} of {len(rows)} targets are met.", ""]
    lines += _markdown(HEADS, rows, 3)
    for result in results:
        figures = [(way, *cells(result, way)) for way in result.sides]
        lines += ["", titled(result), "", *_markdown(["", *columns(result)], figures, 1)]
        lines += [f"\n{way}: {s.trouble}" for way, s in result.sides.items() if s.trouble]
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put text in place of what stands between the two marks."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def listed(workloads: Sequence[Workload]) -> str:
    """List the workloads for the help."""
    width = max(len(workload.name) for workload in workloads)
    return "\n".join(f"  {workload.name:{width}}  {workload.title}" for workload in workloads)
