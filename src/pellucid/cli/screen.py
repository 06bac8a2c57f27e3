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
from pellucid.cli.looking import Shown
from pellucid.cli.parts import as_python
from pellucid.cli.runs import REPORT
from pellucid.cli.sources import Source
from pellucid.cli.sweeping import HEATMAP, Swept
from pellucid.cli.training import Outcome
from pellucid.data import SetEntry
from pellucid.diagnose import Findings

__all__ = [
    "show_answers",
    "show_data",
    "show_examination",
    "show_files",
    "show_findings",
    "show_outcome",
    "show_shown",
    "show_source",
    "show_sweep",
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
    alarms = [one for one in results["findings"] if one["severity"] != "note"]
    told = ", ".join(dict.fromkeys(one["code"] for one in alarms))
    folder, new = outcome.folder, "new.csv" if outcome.source.features else "pictures/"
    _pairs(
        console,
        {
            "run": str(folder),
            "look": f"{OPEN} {shlex.quote(str(folder / REPORT))}",
            "use": f"pellucid predict {shlex.quote(str(folder))} {new}",
            **({"findings": f"{told}: pellucid diagnose {folder}"} if told else {}),
        },
    )


def show_sweep(found: Swept) -> None:
    """Say which values are best, how sure that is, and where everything is."""
    console, sweep, folder = _console(), found.sweep, shlex.quote(str(found.folder))
    console.print()
    console.print(_combinations(found))
    left = len(sweep.summary) - MOST_ROWS
    if left > 0:
        console.print(f"[dim]… and {left:,} combinations more in {escape(str(found.folder))}[/]")
    console.print()
    console.print(_scores({"best, on the test rows": found.test}))
    console.print()
    runs, broken = len(sweep.outcomes), found.results["diverged"]
    ended = f", {broken:,} diverged" * bool(broken)
    console.print(f"{runs:,} runs in {sweep.seconds:.1f} s{ended}")
    console.print()
    _pairs(
        console,
        {
            "run": str(found.folder),
            "look": f"{OPEN} {shlex.quote(str(found.folder / HEATMAP))}",
            "use": f"pellucid evaluate {folder}",
        },
    )


def _combinations(found: Swept) -> Table:
    """List the best combinations: the median over the runs, and its quartiles."""
    sweep = found.sweep
    names = list(sweep.study.grid.values)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    said = [name.replace("_", " ") for name in names]
    length = [name for name in ("epochs", "steps") if name in sweep.summary]  # what halving gave
    for name in (*said, f"median {sweep.by}", "quartiles", "runs", *length):
        table.add_column(name, justify="right")
    for row in sweep.summary.head(MOST_ROWS).to_dict("records"):
        values = [f"{row[name]:.4g}" if type(row[name]) is float else str(row[name])
                  for name in names]  # fmt: skip
        ends = [f"{row[name]:.4g}".replace("inf", "∞") for name in (sweep.by, "low", "high")]
        broken = f" ({row['diverged']} diverged)" * bool(row["diverged"])
        spread = f"[dim]{ends[1]} – {ends[2]}[/]"
        given = [str(row[name]) for name in length]
        table.add_row(*values, ends[0], spread, f"{row['runs']}{broken}", *given)
    return table


def show_findings(found: Findings) -> None:
    """Say what was found, gravest first."""
    console = _console()
    order = ("error", "warning", "note")
    colours = {"error": "bold red", "warning": "bold yellow", "note": "dim"}
    for one in sorted(found, key=lambda one: order.index(one.severity)):
        console.print(f"[{colours[one.severity]}]{one.code} {one.severity}[/]  {escape(one.title)}")
        _pairs(console, {name: text for name, text in one.lines.items() if text})
        console.print()
    if not found:
        console.print("no findings")


def show_files(files: Mapping[str, Path]) -> None:
    """Say which files were written, each with what it is."""
    _pairs(_console(), {name: str(path) for name, path in files.items()})


def show_values(what: str, rows: int, values: Mapping[str, float]) -> None:
    """Say the loss and the metrics on some rows."""
    console = _console()
    console.print(f"{escape(what)}: {rows:,} rows")
    console.print()
    console.print(_scores({"": values}))


def show_shown(found: Shown) -> None:
    """Show what a run, a saved network or a model file is."""
    console = _console()
    facts = {name: _fact(value) for name, value in found.facts.items() if value != []}
    _pairs(console, facts)
    for note in found.notes:
        console.print(f"[dim]· {escape(note)}[/]")
    if found.scores:
        console.print()
        console.print(_scores(found.scores))
    console.print()
    console.print(_layer_table(found))
    if found.settings:
        console.print()
        _pairs(console, {name: _fact(value) for name, value in found.settings.items()})


def _fact(value: object) -> str:
    match value:
        case float():
            return f"{value:.6g}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case dict():
            return as_python(value)
        case _:
            return str(value)


def _layer_table(found: Shown) -> Table:
    """List the layers; shapes and parameters stand there where they are known."""
    known = found.parameters is not None
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("path" if known else "", style="dim")
    table.add_column("layer")
    if not known:
        for layer in found.layers:
            table.add_row(layer.path, escape(layer.layer))
        return table
    table.add_column("output shape")
    table.add_column("parameters", justify="right")
    for layer in found.layers:
        shape = str(tuple(layer.shape or ()))
        table.add_row(layer.path or "·", layer.layer, escape(shape), f"{layer.parameters:,}")
    table.add_row("", "[dim]all[/]", "", f"{found.parameters:,}")
    return table


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
    for number, row in enumerate(answers.table[:MOST_ROWS]):
        digits = [".4f" if answers.classes else ".6g"] * len(row)
        cells = [format(x, how) if isinstance(x, float) else escape(str(x))
                 for x, how in zip(row, digits, strict=True)]  # fmt: skip
        table.add_row(str(number), *cells)
    return table


def show_data(found: Sequence[SetEntry]) -> None:
    """List the data sets that are known by name."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    columns = (
        ("name", "left"),
        ("rows", "right"),
        ("row", "right"),
        ("target", "left"),
        ("", "left"),
    )
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=bool(name))  # type: ignore[arg-type]
    for one in found:
        row = "×".join(map(str, one.shape))
        target = f"{one.classes} classes" if one.classes else "number"
        about = one.description + ("" if one.is_here else " Downloaded once.")
        table.add_row(f"[bold]{one.name}[/]", f"{one.rows:,}", row, target, escape(about))
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
