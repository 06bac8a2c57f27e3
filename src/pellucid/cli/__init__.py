"""The command line: ``pellucid train``, ``sweep``, ``predict``, ``evaluate``, ``show``, …

With ``--json`` a command prints exactly one JSON object to standard output. The exit status is 0,
1 when it failed, 2 when it was used wrongly; an error is two lines: what is wrong, and the mend.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from io import TextIOWrapper
from typing import Any

import typer

from pellucid import data as data_sets
from pellucid.cli import (
    asking,
    diagnosing,
    doctor,
    exporting,
    launching,
    looking,
    misuse,
    options,
    runs,
    screen,
    serving,
    sweeping,
    training,
    wishes,
)
from pellucid.cli.recipes import described as described_by
from pellucid.cli.recipes import usual
from pellucid.cli.sources import Source
from pellucid.errors import ArgumentError, PellucidError, PellucidWarning
from pellucid.files import write_atomically
from pellucid.studio.serving import run as run_lab
from pellucid.version import VERSION

__all__ = ["main"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
UsageError: Any = typer.BadParameter.__base__  # typer gives it no name of its own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit status.

    Parameters
    ----------
    arguments : without the name of the program; those of the process by default

    Examples
    --------
    >>> from pellucid.cli import main
    >>> main(["--version"])
    pellucid 0.1.0
    0
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # some terminals have few letters
    try:
        with _plain_warnings(), _context(given) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except UsageError as error:
        return _failed(given, *misuse.explained(error, given), 2)
    except PellucidError as error:
        misused = isinstance(error, ArgumentError)
        error.mend = misuse.mend_of(error)
        what, mend = error.in_two_lines().split("\n")
        return _failed(given, what, mend, 2 if misused else 1)
    except KeyboardInterrupt as stop:
        return _failed(given, "interrupted", str(stop) or "nothing was saved", 1)
    except MemoryError as error:
        return _failed(given, f"not enough memory: {error}", "use less data, or smaller layers", 1)
    except BrokenPipeError:  # whoever reads our output has seen enough
        sys.stdout = None
        return 1
    return 0


def _context(given: list[str]) -> Any:
    return typer.main.get_command(app).make_context("pellucid", list(given))


def _failed(given: list[str], what: str, mend: str, status: int) -> int:
    what = what.strip().rstrip(".").replace("\n", " ")
    if "--json" in given:
        print(json.dumps({"error": what, "mend": mend}, ensure_ascii=False))
    print(f"error: {what}\n{mend}", file=sys.stderr)
    return status


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show warnings of pellucid as a line for a person, not with the place in our source."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, PellucidWarning):
                print(f"warning: {message}", file=sys.stderr)
            else:
                shown(message, category, *place, **more)

        warnings.showwarning = show
        yield


def _print_json(value: Mapping[str, Any]) -> None:
    """Print one line of strict JSON: what is not a number becomes null."""
    strict = json.loads(json.dumps(value), parse_constant=lambda _: None)
    print(json.dumps(strict, ensure_ascii=False))


@app.callback(invoke_without_command=True)
def pellucid(context: typer.Context, version: options.Version = False) -> None:
    """Train neural networks and see through them.

    Begin with: pellucid train digits
    """
    if version:
        print(f"pellucid {VERSION}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command(help=options.TRAIN, short_help="Train a network and write a run folder.")
def train(
    data: options.SourceName = None,
    target: options.Target = None,
    task: options.Task = None,
    hidden: options.Hidden = None,
    model: options.Model = None,
    loss: options.Loss = None,
    optimizer: options.OptimizerName = None,
    learning_rate: options.LearningRate = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    batch_size: options.BatchSize = None,
    validation: options.Validation = None,
    early_stopping: options.EarlyStopping = None,
    seed: options.Seed = None,
    engine: options.Engine = None,
    threads: options.Threads = None,
    dtype: options.DType = None,
    test_fraction: options.TestFraction = None,
    prepare: options.Prepare = None,
    folder: options.Folder = None,
    log_every: options.LogEvery = None,
    out: options.RunWished = None,
    resume: options.Resume = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on a table and write a run folder: model, history, settings and report."""
    texts = {name: value for name, value in locals().items() if name in wishes.NAMES}
    given = wishes.of_command(texts)
    announce = _silence if as_json or quiet else screen.show_source
    progress = training.Progress(not quiet, wishes.log_every(log_every))
    if resume is not None:
        longer = misuse.only_longer(given, DATA=data, out=out)
        outcome = training.resume(resume, longer, progress, announce)
    elif data is None:
        raise misuse.no_data()
    else:
        given = usual(data, given)
        described = described_by(given.get("model"))
        chosen = wishes.merged({} if described is None else described.fit, given)
        outcome = training.train(data, chosen, described, out, progress, announce)
    if as_json:
        _print_json({**outcome.results, "notes": outcome.notes})
    elif quiet:
        print(outcome.folder)
    else:
        screen.show_outcome(outcome)
    if outcome.results["stopped"] == "interrupted":
        raise typer.Exit(1)


@app.command(short_help="Train in several processes that share each batch.")
def launch(
    command: options.Launched, processes: options.Processes = 2, restarts: options.Restarts = 0
) -> None:
    """Run train in several processes, which share the rows of each batch, on the XLA engine.

    When one of them fails all are ended, and what it said is told.

    \b
    For example:
      pellucid launch --processes 2 -- train digits --batch-size 64
      pellucid launch --processes 4 --restarts 3 -- train digits --out runs/long
    """
    launching.launch(processes, restarts, command)


@app.command(short_help="Train many small networks, and find the best values.")
def sweep(
    data: options.SourceName = None,
    learning_rate: options.SweptRates = None,
    hidden: options.SweptHidden = None,
    batch_size: options.SweptBatches = None,
    seeds: options.Seeds = 5,
    halving: options.HalvingWished = False,
    target: options.Target = None,
    task: options.Task = None,
    loss: options.Loss = None,
    optimizer: options.OptimizerName = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    validation: options.SweepValidation = None,
    early_stopping: options.EarlyStopping = None,
    engine: options.Engine = None,
    threads: options.Threads = None,
    dtype: options.DType = None,
    test_fraction: options.TestFraction = None,
    prepare: options.Prepare = None,
    out: options.RunWished = None,
    resume: options.SweepResumed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network for every combination of values and every seed.

    Values are a list, 4,8,16, or a range spaced by factors: 1e-4..1 has one value for each power
    of ten, 4..64 for each power of two, 1e-4..1:9 has nine. The best network is tested, and saved
    in the run folder beside the table of all runs and their heatmap.

    \b
    For example:
      pellucid sweep digits --hidden 4,8,16
      pellucid sweep flowers.csv --target species --learning-rate 1e-3..1
    """
    given = {name: value for name, value in locals().items() if name in wishes.NAMES}
    progress = False if quiet else None
    announce = _silence if as_json or quiet else screen.show_source
    if resume is not None:
        misuse.only_longer(given={}, DATA=data, out=out)
        found = sweeping.resume(resume, progress, announce)
    elif data is None:
        raise misuse.no_data("sweep")
    else:
        found = sweeping.run(data, given, seeds, halving, out, progress, announce)
    if as_json:
        _print_json(found.results)
    elif quiet:
        print(found.folder)
    else:
        screen.show_sweep(found)


def _silence(source: Source, rows: tuple[int, int], notes: Sequence[str]) -> None:
    pass


@app.command()
def predict(
    run: options.RunFolder,
    table: options.NewTable,
    out: options.AnswerFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Predict the target for each row of a table, or for pictures.

    \b
    For example:
      pellucid predict runs/flowers-1 new.csv
      pellucid predict runs/flowers-1 new.csv --out predictions.csv
    """
    answers = asking.predict(runs.open_run(run), table)
    if out is not None:
        write_atomically(out, answers.as_csv())
    if as_json:
        _print_json(
            {
                "run": str(run), "data": str(table), "target": answers.target,
                "predictions": answers.predictions, "classes": answers.classes,
                "probabilities": answers.probabilities, "notes": answers.notes,
                "out": None if out is None else str(out),
                **({"files": answers.files} if answers.files else {}),
            }
        )  # fmt: skip
    else:
        screen.show_answers(answers, out)


@app.command()
def evaluate(
    run: options.RunFolder, table: options.LabelledTable = None, as_json: options.AsJson = False
) -> None:
    """Measure a run on rows whose target is known.

    \b
    For example:
      pellucid evaluate runs/digits-1
      pellucid evaluate runs/flowers-1 flowers.csv
    """
    what, rows, values = asking.evaluate(runs.open_run(run), table)
    if as_json:
        _print_json({"run": str(run), "data": what, "rows": rows, **values})
    else:
        screen.show_values(what, rows, values)


@app.command("diagnose", short_help="Look for mistakes in a run.")
def diagnose_(run: options.RunFolder, as_json: options.AsJson = False) -> None:
    """Look for mistakes in a run: in its rows, its network and its history.

    \b
    For example:
      pellucid diagnose runs/digits-1
      pellucid diagnose runs/digits-1 --json
    """
    found = diagnosing.diagnose(runs.open_run(run))
    if as_json:
        _print_json({"run": str(run), "findings": [one.to_config() for one in found]})
    else:
        screen.show_findings(found)


@app.command("show", short_help="Show what a run, a saved network or a model file is.")
def show_(
    what: options.Shown,
    data: options.ShownData = None,
    target: options.Target = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what a run, a saved network or a model file is: layers, shapes, scores, settings.

    \b
    For example:
      pellucid show runs/digits-1
      pellucid show runs/digits-1/model.safetensors
      pellucid show model.toml --data digits
    """
    found = looking.show(what, data, target)
    if as_json:
        _print_json(asdict(found) | {"parameters": found.parameters})
    else:
        screen.show_shown(found)


@app.command("export", short_help="Write a run's network as C, PyTorch or ONNX.")
def export_(
    run: options.RunFolder,
    c: options.CFile = None,
    torch: options.TorchFile = None,
    onnx: options.OnnxFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a run's network for other programs: it predicts there what it predicts here.

    \b
    For example:
      pellucid export runs/digits-1 --c digits.c
      pellucid export runs/digits-1 --torch digits.py
      pellucid export runs/digits-1 --onnx digits.onnx
    """
    files = exporting.export(runs.open_run(run), c=c, torch=torch, onnx=onnx)
    if as_json:
        _print_json({"run": str(run), "files": {name: str(path) for name, path in files.items()}})
    else:
        screen.show_files(files)


@app.command("lab", short_help="Open the lab: a page on which a network learns.")
def lab_(
    data: options.LabData = None,
    target: options.Target = None,
    port: options.Port = 0,
    host: options.Host = "127.0.0.1",
    no_browser: options.NoBrowser = False,
) -> None:
    """Open the lab: a page on which a network is built, trained live and seen through.

    The first line printed is its address, with a token that lets in whoever has it. Ctrl-C ends it.

    \b
    For example:
      pellucid lab
      pellucid lab moons
      pellucid lab flowers.csv --target species
      pellucid lab runs/digits-1
    """
    opening = serving.opening(data, target)
    say = lambda text: print(text, flush=True)  # noqa: E731
    run_lab(opening, host, port, browser=not no_browser, say=say)


@app.command("data")
def data_(as_json: options.AsJson = False) -> None:
    """List the data sets that are known by name, with their shapes.

    \b
    For example:
      pellucid data
      pellucid data --json
    """
    found = data_sets.sets()
    if as_json:
        _print_json({"data": [asdict(one) for one in found]})
    else:
        screen.show_data(found)


@app.command("doctor", short_help="Look at this machine for trouble.")
def doctor_(as_json: options.AsJson = False) -> None:
    """Say what pellucid finds on this machine, and what is wrong with it.

    The exit status is 1 when something is.

    \b
    For example:
      pellucid doctor
      pellucid doctor --json
    """
    found = doctor.examine()
    if as_json:
        _print_json(found.as_dict())
    else:
        screen.show_examination(found)
    if found.problems:
        raise typer.Exit(1)
