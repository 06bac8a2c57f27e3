"""What the commands print: short, aligned, and the same to a person whatever the width."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pellucid.cli.asking import Answers
from pellucid.cli.doctor import Examination
from pellucid.cli.runs import REPORT
from pellucid.cli.sources import Source
from pellucid.cli.training import Outcome
from pellucid.data import Dataset

__all__ = [
    "show_answers",
    "show_data",
    "show_examination",
    "show_outcome",
    "show_source",
    "show_values",
]

OPEN = {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")
MOST_ROWS = 20  # of predictions in a terminal


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def show_source(source: Source, rows: tuple[int, int], notes: Sequence[str]) -> None:
    """Say what is trained on, before it begins."""
    console = Console(highlight=False)
    console.print(f"[bold]{escape(source.name)}[/]: {escape(source.facts)}")
    if source.about:
        console.print(f"[dim]{escape(source.about)}[/]")
    console.print(f"{rows[0]:,} rows to train on, {rows[1]:,} held out for the test")
    for note in notes:
        console.print(f"[dim]{escape(note)}[/]")
    sys.stdout.flush()  # what follows goes to standard error


def show_outcome(outcome: Outcome) -> None:
    """Say how well it went, where it is, and what can be done with it."""
    console, results = _console(), outcome.results
    console.print()
    console.print(_scores({"train": results["train"], "test": results["test"]}))
    console.print()
    ended = f", {results['stopped']}" * bool(results["stopped"])
    console.print(
        f"{results['epochs']:,} epochs, {results['steps']:,} steps in {results['seconds']:.1f} s"
        f"{ended} ({results['steps_per_second']:,.0f} steps/s, {results['engine']} engine, "
        f"seed {results['seed']})"
    )
    console.print()
    folder = outcome.folder
    _pairs(
        console,
        {
            "run": str(folder),
            "look": f"{OPEN} {shlex.quote(str(folder / REPORT))}",
            "use": f"pellucid predict {shlex.quote(str(folder))} new.csv",
        },
    )


def show_values(what: str, rows: int, values: Mapping[str, float]) -> None:
    """Say the loss and the metrics on some rows."""
    console = _console()
    console.print(f"{escape(what)}: {rows:,} rows")
    console.print()
    console.print(_scores({"": values}))


def _scores(parts: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=any(parts))
    table.add_column("")
    for name in parts:
        table.add_column(name, justify="right", header_style="dim")
    for metric in next(iter(parts.values())):
        table.add_row(metric, *(_number(metric, part[metric]) for part in parts.values()))
    return table


def _number(metric: str, value: float) -> str:
    return f"{100 * value:.2f} %" if metric == "accuracy" else f"{value:.4g}"


def _pairs(console: Console, facts: Mapping[str, str]) -> None:
    width = max(map(len, facts)) + 3
    for name, text in facts.items():
        console.print(f"[dim]{name:<{width}}[/]{escape(text)}")


def show_answers(answers: Answers, written: Path | None) -> None:
    """Show predictions: in a terminal the first as a table, else all as comma-separated text."""
    console = _console()
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in answers.notes:
        notes.print(f"[dim]· {escape(note)}[/]")
    if written is not None:
        console.print(f"{len(answers.predictions):,} predictions written to {escape(str(written))}")
    elif console.is_terminal:
        console.print(_answer_table(answers))
        left = len(answers.predictions) - MOST_ROWS
        if left > 0:
            console.print(f"[dim]… and {left:,} more; all of them with --out predictions.csv[/]")
    else:
        sys.stdout.write(answers.as_csv())


def _answer_table(answers: Answers) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("row", justify="right", style="dim")
    for name in answers.names:
        table.add_column(name, justify="right")
    for number, (prediction, *shares) in enumerate(answers.table[:MOST_ROWS]):
        shown = f"{prediction:.6g}" if isinstance(prediction, float) else escape(str(prediction))
        table.add_row(str(number), shown, *(f"{share:.4f}" for share in shares))
    return table


def show_data(found: Sequence[Dataset]) -> None:
    """List the data sets that are known by name."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (("name", "left"), ("rows", "right"), ("features", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for one in found:
        size = f"{len(one.X):,}", str(one.X.shape[1])
        table.add_row(f"[bold]{one.name}[/]", *size, escape(one.description))
    console = _console()
    console.print(table)
    console.print()
    console.print("[dim]train on one with[/] pellucid train NAME")


def show_examination(found: Examination) -> None:
    """Say what the doctor found, troubles last."""
    console = _console()
    console.print(
        f"[bold]pellucid {found.pellucid}[/] on Python {found.python}, {escape(found.system)}"
    )
    console.print()
    usable = f"{found.cores_usable} of {found.cores} may be used"
    facts = {"processor": found.processor, "features": " ".join(found.features), "cores": usable}
    facts |= {f"{name} engine": state.says for name, state in found.engines.items()}
    facts |= {"packages": ", ".join(f"{k} {v}" for k, v in found.packages.items())}
    _pairs(console, {name: text for name, text in facts.items() if text})
    console.print()
    for one in found.problems:
        console.print(f"[bold red]problem[/]  {escape(one['problem'])}")
        console.print(f"         {escape(one['mend'])}")
    if not found.problems:
        console.print("all is well")
