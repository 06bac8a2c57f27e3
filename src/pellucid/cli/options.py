"""The arguments and options of the commands: what each is called, holds, and says of itself.

The options of *train* are texts here, whatever they hold: ``wishes`` reads and checks them, those
of the command line and those of a model file in the same way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli.wishes import OPTIMIZERS, Wishes
from pellucid.engines import ENGINES, EXTRAS

__all__ = [
    "TRAIN",
    "AnswerFile",
    "AsJson",
    "BatchSize",
    "CFile",
    "DType",
    "EarlyStopping",
    "Engine",
    "Epochs",
    "Folder",
    "HalvingWished",
    "Hidden",
    "Host",
    "LabData",
    "LabelledTable",
    "Launched",
    "LearningRate",
    "LogEvery",
    "Loss",
    "Model",
    "NewTable",
    "NoBrowser",
    "OnnxFile",
    "OptimizerName",
    "Port",
    "Prepare",
    "Processes",
    "Quiet",
    "Restarts",
    "Resume",
    "RunFolder",
    "RunWished",
    "Seed",
    "Seeds",
    "Shown",
    "ShownData",
    "SourceName",
    "Steps",
    "SweepResumed",
    "SweepValidation",
    "SweptBatches",
    "SweptHidden",
    "SweptRates",
    "Target",
    "Task",
    "TestFraction",
    "Threads",
    "TorchFile",
    "Validation",
    "Version",
]

DEFAULTS = Wishes()

TRAIN = """
Train a network on a table and write a run folder: model, history, settings and report.

A part of the rows is held out, and the network is tested on it. Numbers are standardised, text
becomes categories, missing values are filled, all learned from the training rows alone.

\b
For example:
  pellucid train digits
  pellucid train flowers.csv --target species --hidden 64,32 --epochs 100
  pellucid train flowers.csv --target species --model model.toml
  pellucid train --resume runs/digits-1

fashion-mnist, mnist and kmnist are learned by a convolutional network (--model=cnn) from pixels
of 0 to 1, unless --hidden or --model says otherwise.

The file model.toml lists the layers; options of the command go before it. The last Linear
needs no units, and [fit] may be left out:

\b
  [[layers]]
  type = "Linear"
  units = 64
  activation = "relu"

\b
  [[layers]]
  type = "Linear"

\b
  [fit]
  optimizer = "adam"
  epochs = 50
"""


def _option(metavar: str, said: str, *names: str, default: object = "") -> Any:
    """Declare an option that may be left out, and say what holds then."""
    said += f"  [default: {default}]" if default != "" else ""
    return typer.Option(*names, metavar=metavar, help=said, show_default=False)


# --- of every command ----------------------------------------------------------------------

Version = Annotated[bool, typer.Option("--version", help="Print the version.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object, and nothing else, to standard output."),
]

# --- of train ------------------------------------------------------------------------------

SourceName = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A data set by name, a table (CSV, Parquet, NPY, NPZ), or a folder of pictures.",
    ),
]
Target = Annotated[str | None, _option("COLUMN", "The column of a file to predict.")]
Task = Annotated[
    str | None,
    _option("TASK", "classification or regression, where the target does not say it."),
]
Hidden = Annotated[
    str | None,
    _option(
        "SIZES", "Units of the hidden layers, such as 64,32, or none.", default=DEFAULTS.hidden[0]
    ),
]
Model = Annotated[
    str | None,
    _option("FILE", "Instead a TOML or JSON file that lists the layers, see above; or cnn."),
]
Loss = Annotated[
    str | None,
    _option(
        "NAME", "What is made small, such as mae.", default="what the task and last layer want"
    ),
]
OptimizerName = Annotated[
    str | None, _option("NAME", f"{', '.join(OPTIMIZERS)}.", default=DEFAULTS.optimizer)
]
LearningRate = Annotated[
    str | None, _option("RATE", "The length of a step.", default="the optimizer's own")
]
Epochs = Annotated[
    str | None,
    _option("N", "How often all rows are seen.", default="20, or 1,000 steps if that is more"),
]
Steps = Annotated[str | None, _option("N", "Instead of epochs: how many batches are drawn.")]
BatchSize = Annotated[str | None, _option("N", "Rows in a batch.", default=DEFAULTS.batch_size)]
Validation = Annotated[
    str | None, _option("SHARE", "Hold out this share of the training rows, and watch it.")
]
EarlyStopping = Annotated[
    str | None, _option("N", "Stop after N epochs without improvement, and keep the best.")
]
Seed = Annotated[
    str | None,
    _option(
        "N", "Decides the split, the first weights and the order of rows.", default=DEFAULTS.seed
    ),
]
Engine = Annotated[
    str | None,
    _option("NAME", f"{' or '.join([*ENGINES, *EXTRAS])}.", default="the fastest that works"),
]
Threads = Annotated[
    str | None,
    _option("N", "Threads at most; the results are the same.", default="as many as cores are free"),
]
DType = Annotated[str | None, _option("DTYPE", "float32 or float64.", default=DEFAULTS.dtype)]
TestFraction = Annotated[
    str | None,
    _option("SHARE", "The share of rows held out for the test.", default=DEFAULTS.test_fraction),
]
Prepare = Annotated[
    str | None,
    _option("HOW", "How numbers are scaled: standard or minmax.", default="what the model wants"),
]
Folder = Annotated[
    str | None,
    _option("DIR", "Where the files of a downloaded set lie.", default="the platform's cache"),
]
LogEvery = Annotated[
    str | None, _option("N", "Write a line with the loss every N batches.", "--log-every")
]
RunWished = Annotated[
    Path | None, _option("DIR", "The run folder.", "--out", default="runs/DATA-1, -2, …")
]
Resume = Annotated[
    Path | None,
    _option("RUN", "Go on with a run that was interrupted, or with --epochs for longer."),
]
SweptRates = Annotated[
    str | None,
    _option("RATES", "The length of a step.", "--learning-rate", default="the optimizer's own"),
]
SweptHidden = Annotated[
    str | None,
    _option(
        "SIZES", "Units of the hidden layer; 16x16 for two layers.", "--hidden",
        default=DEFAULTS.hidden[0],
    ),
]  # fmt: skip
SweptBatches = Annotated[
    str | None, _option("SIZES", "Rows in a batch.", "--batch-size", default=DEFAULTS.batch_size)
]
Seeds = Annotated[
    int,
    typer.Option(
        "--seeds",
        metavar="N",
        min=1,
        help="How many networks of each kind.  [default: 5]",
        show_default=False,
    ),
]
HalvingWished = Annotated[bool, typer.Option("--halving", help="Stop hopeless combinations early.")]
SweepResumed = Annotated[
    Path | None, _option("RUN", "Go on with a sweep that was interrupted.", "--resume")
]
SweepValidation = Annotated[
    str | None,
    _option(
        "SHARE", "Hold out this share of the training rows, to compare on.", "--validation",
        default=0.2,
    ),
]  # fmt: skip

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress bar; print the run folder alone.")
]

# --- of the other commands -----------------------------------------------------------------

Launched = Annotated[
    list[str], typer.Argument(metavar="-- train …", help="The command line of train, behind --.")
]
Processes = Annotated[
    int, typer.Option("--processes", metavar="N", min=1, help="How many, each with its devices.")
]
Restarts = Annotated[
    int,
    typer.Option(
        "--restarts", metavar="N", min=0,
        help="How often to go on from the checkpoint of --out after a failure.",
    ),
]  # fmt: skip

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, such as runs/digits-1.")
]
NewTable = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE|PICTURES",
        help="A CSV or Parquet file with the same columns; or a picture, or a folder of them.",
    ),
]
LabData = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA|RUN",
        help="A data set by name, a file, or the folder of a run; XOR if it is left out.",
    ),
]
Port = Annotated[
    int, typer.Option("--port", metavar="N", help="The port of the page.  [default: any free one]",
                      show_default=False, min=0, max=65535),
]  # fmt: skip
Host = Annotated[
    str,
    typer.Option("--host", metavar="ADDRESS",
                 help="Who can reach the page.  [default: 127.0.0.1, this machine alone]",
                 show_default=False),
]  # fmt: skip
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Print the address, and open no browser.")
]
AnswerFile = Annotated[
    Path | None, _option("FILE", "Write a CSV file instead of printing.", "--out")
]
LabelledTable = Annotated[
    Path | None,
    typer.Argument(
        metavar="[TABLE|PICTURES]",
        help="A file with the target, or a folder with a sub-folder of pictures for each class; "
        "else the test part of the run's data.",
    ),
]
Shown = Annotated[
    Path,
    typer.Argument(
        metavar="WHAT", help="A run's folder, a model.safetensors, or a model file (TOML, JSON)."
    ),
]
ShownData = Annotated[
    str | None,
    _option(
        "DATA", "For a model file: the data it is to learn, which decide its shapes.", "--data"
    ),
]
CFile = Annotated[
    Path | None, _option("FILE", "Write one C99 file that needs no library, as digits.c.", "--c")
]
TorchFile = Annotated[
    Path | None,
    _option("FILE", "Write source code of PyTorch, and the weights beside it.", "--torch"),
]
OnnxFile = Annotated[Path | None, _option("FILE", "Write an ONNX file.", "--onnx")]
