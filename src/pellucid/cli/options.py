"""The arguments and options of the commands: what each is called, holds, and says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid import optim
from pellucid.engines import ENGINES

__all__ = [
    "AnswerFile",
    "AsJson",
    "BatchSize",
    "DType",
    "Engine",
    "Epochs",
    "Hidden",
    "LabelledTable",
    "LearningRate",
    "NewTable",
    "OptimizerName",
    "Quiet",
    "RunFolder",
    "RunWished",
    "Seed",
    "SourceName",
    "Target",
    "Task",
    "TestFraction",
    "Version",
]


def _one_of(*names: str) -> Any:
    """Make the check that an option is one of some names."""

    def check(name: str | None) -> str | None:
        if name is not None and name not in names:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}.")
        return name

    return check


def _at_least(least: int) -> Any:
    """Make the check that an option is a number that is large enough."""

    def check(value: int | None) -> int | None:
        if value is not None and value < least:
            raise typer.BadParameter(f"{value} is less than {least}.")
        return value

    return check


def _sizes(text: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    if text != "none" and not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"{text!r} is not a list of sizes such as 64,32 (or none).")
    return text


def _fraction(value: float) -> float:
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not between 0 and 1.")
    return value


def _rate(value: float) -> float:
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value} is not a positive number.")
    return value


OPTIMIZERS = tuple(name.lower() for name in optim.OPTIMIZERS)

# --- of every command ----------------------------------------------------------------------

Version = Annotated[bool, typer.Option("--version", help="Print the version.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object, and nothing else, to standard output."),
]

# --- of train ------------------------------------------------------------------------------

SourceName = Annotated[
    str, typer.Argument(metavar="DATA", help="A data set by name, or a CSV or Parquet file.")
]
Target = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column of a file to predict.")
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="TASK",
        help="classification or regression, where the target does not say it.",
        callback=_one_of("classification", "regression"),
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How often all rows are seen; without it 20 times, or 1,000 steps if that is more.",
        callback=_at_least(1),
    ),
]
Hidden = Annotated[
    str,
    typer.Option(
        metavar="SIZES", help="Units of the hidden layers: 64,32 (or none).", callback=_sizes
    ),
]
LearningRate = Annotated[
    float, typer.Option(metavar="RATE", help="The length of a step.", callback=_rate)
]
BatchSize = Annotated[
    int, typer.Option(metavar="N", help="Rows in a batch.", callback=_at_least(1))
]
OptimizerName = Annotated[
    str,
    typer.Option(
        metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)}.", callback=_one_of(*OPTIMIZERS)
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Decides the split, the first weights and the order of rows.",
        callback=_at_least(0),
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"One of {', '.join(ENGINES)}.",
        callback=_one_of(*ENGINES),
        show_default="the fastest that works",
    ),
]
DType = Annotated[
    str,
    typer.Option(
        metavar="DTYPE", help="float32 or float64.", callback=_one_of("float32", "float64")
    ),
]
TestFraction = Annotated[
    float,
    typer.Option(
        metavar="SHARE", help="The share of rows held out for the test.", callback=_fraction
    ),
]
RunWished = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="The run folder.", show_default="runs/DATA-N"),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress bar; print the run folder alone.")
]

# --- of predict and evaluate ---------------------------------------------------------------

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, such as runs/digits-1.")
]
NewTable = Annotated[
    Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet file with the same columns.")
]
AnswerFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write a CSV file instead of printing."),
]
LabelledTable = Annotated[
    Path | None,
    typer.Argument(
        metavar="[TABLE]", help="A file with the target; else the test part of the run's data."
    ),
]
