"""What a user may choose of a training: by an option, in a model file, or by leaving it be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pellucid import nn, optim
from pellucid.arguments import named, number_in, one_of, whole_number
from pellucid.cli.parts import classes_in, made, nearest
from pellucid.engines import ENGINES, EXTRAS
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.losses import LOSSES, Loss

__all__ = [
    "IN_FILES", "NAMES", "OPTIMIZERS", "Wishes", "log_every", "loss_of", "merged",
    "of_command", "of_file", "optimizer_of",
]  # fmt: skip

Check = Callable[[Any, str], Any]
MODELS = ("cnn",)  # those that are known by name
OPTIMIZERS = {name.lower(): cls for name, cls in optim.OPTIMIZERS.items()}
SIZES = "sizes such as 64,32, or none"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the user may choose; the defaults suit small and middle-sized tables.

    All are plain values: they are written to the run's configuration.
    """

    target: str | None = None
    task: str | None = None
    model: str | None = None
    hidden: tuple[int, ...] = (512,)
    loss: Any = None
    optimizer: Any = "adam"
    learning_rate: Any = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 32
    validation: float | None = None
    early_stopping: int | None = None
    seed: int = 0
    engine: str | None = None
    threads: int | None = None
    dtype: str = "float32"
    test_fraction: float = 0.3
    prepare: str | None = None
    folder: str | None = None

    def options(self) -> dict[str, object]:
        """Name all that was chosen, by the user or for the user, as options of the command."""
        given = asdict(self) | {"hidden": ",".join(map(str, self.hidden)) or "none"}
        if self.model is not None:
            del given["hidden"]
        return {
            name: value
            for name, value in given.items()
            if value is not None and not isinstance(value, dict)
        }


def of_command(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """Read the options that were given on the command line.

    Raises
    ------
    ArgumentError : for a value that an option cannot have, naming the option
    """
    given = {name: text for name, text in texts.items() if text is not None}
    for one, other, mend in APART:
        if one in given and other in given:
            raise ArgumentError(
                f"{option(one)} and {option(other)} cannot both be given", mend=mend
            )
    return {
        name: _checked(name, text if name in WORDS else _number(text), option(name))
        for name, text in given.items()
    }


def of_file(table: Mapping[str, Any]) -> dict[str, Any]:
    """Read the part ``[fit]`` of a model file.

    Raises
    ------
    ArgumentError : for an unknown setting, and for a value that it cannot have
    """
    for name in table:
        if name not in IN_FILES:
            near = nearest(name, IN_FILES)
            raise ArgumentError(
                f"there is no setting {name!r}", wanted=", ".join(IN_FILES),
                mend=f"did you mean {near}?" if near else f"leave {name} out",
            )  # fmt: skip
    for one, other, _ in APART:
        if one in table and other in table:
            raise ArgumentError(
                f"{one} and {other} cannot both be given", mend=f"leave {one} or {other} out"
            )
    return {name: _checked(name, value, name) for name, value in table.items()}


def log_every(text: str | None) -> int | None:
    """Read how many batches lie between two lines about the loss."""
    return None if text is None else _count(_number(text), "--log-every")


def merged(of_file: Mapping[str, Any], given: Mapping[str, Any]) -> Wishes:
    """Put what was given on the command line before what a model file says."""
    kept = dict(of_file)
    for one, other, _ in APART:  # what was given puts out what cannot stand beside it
        for name, rival in ((one, other), (other, one)):
            if rival in given:
                kept.pop(name, None)
    return Wishes(**(kept | dict(given)))


def option(name: str) -> str:
    """Write the name of a wish as an option: ``--batch-size``."""
    return f"--{name.replace('_', '-')}"


def _checked(name: str, value: Any, called: str) -> Any:
    check = CHECKS.get(name)
    return value if check is None else check(value, called)


def _number(text: str) -> Any:
    """Read a number; what is none stays text, and its check will say so."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


# --- the checks ----------------------------------------------------------------------------


def _count(value: Any, called: str) -> int:
    return whole_number(value, called, at_least=1)


def _seed(value: Any, called: str) -> int:
    return whole_number(value, called, at_most=2**64 - 1)


def _share(value: Any, called: str) -> float:
    if not isinstance(value, (int, float)) or not 0 < value < 1:
        raise ArgumentError(
            f"{called} is a share of the rows", got=f"{called}={value}",
            wanted=f"0 < {called} < 1", mend=f"write {called}=0.2",
        )  # fmt: skip
    return float(value)


def _rate(value: Any, called: str) -> Any:
    if isinstance(value, dict):
        made(value, classes_in(optim, optim.Schedule), "schedule")
        return value
    try:
        return number_in(value, called, above=0)
    except ArgumentError as error:
        error.mend = f"write {called}=0.01"
        raise


def _choice(*names: str) -> Check:
    return lambda value, called: one_of(value, called, names)


def _sizes(value: Any, called: str) -> tuple[int, ...]:
    """Read ``64,32``: how many units each hidden layer has."""
    parts = [] if value == "none" else [part.strip() for part in str(value).split(",")]
    for part in parts:
        if not part.isdecimal() or not int(part):
            raise ArgumentError(
                f"{called} is a list of sizes", got=f"{called}={value}", wanted=SIZES,
                mend=f"write {called}=64,32, or {called}=none for no hidden layer",
            )  # fmt: skip
    return tuple(map(int, parts))


def _model(value: Any, called: str) -> str:
    if value in MODELS:
        return str(value)
    if Path(str(value)).suffix.lower() not in (".toml", ".json"):
        raise ArgumentError(
            f"{called} is a file that describes layers", got=f"{called}={value}",
            wanted=f"a file that ends in .toml or .json, or {', '.join(MODELS)}",
            mend=f"write {called}=model.toml; pellucid train --help shows one",
        )  # fmt: skip
    return str(value)


def _loss(value: Any, called: str) -> Any:
    _named_or_made(value, called, "loss", LOSSES, classes_in(nn, Loss))
    return value


def _optimizer(value: Any, called: str) -> Any:
    known = classes_in(optim, optim.Optimizer)
    _named_or_made(value, called, "optimizer", OPTIMIZERS, known)
    return value


def _named_or_made(
    value: Any, called: str, kind: str, names: Mapping[str, Any], classes: Mapping[str, type]
) -> Any:
    """Look up a name, or make what a table describes."""
    if isinstance(value, dict):
        return made(value, classes, kind)
    if not isinstance(value, str):
        raise ArgumentTypeError(
            f"{called} is a name", got=f"{called}={value}", wanted=", ".join(names),
            mend=f"write {called}={next(iter(names))!r}",
        )  # fmt: skip
    try:
        return named(value, kind, names)
    except ArgumentError as error:
        near = nearest(value.lower(), names)
        error.mend = f"write {called}={near!r}" if near else error.mend
        raise


def loss_of(wishes: Wishes) -> Loss | None:
    """Find the loss that was chosen, if one was."""
    if wishes.loss is None:
        return None
    found: Loss = _named_or_made(wishes.loss, "loss", "loss", LOSSES, classes_in(nn, Loss))
    return found


def optimizer_of(wishes: Wishes) -> dict[str, Any]:
    """Describe the optimizer, with the learning rate that was chosen, as a table."""
    given = wishes.optimizer
    table = dict(given) if isinstance(given, dict) else {"type": OPTIMIZERS[given].__name__}
    if wishes.learning_rate is not None:
        table["learning_rate"] = wishes.learning_rate
    return table


CHECKS: dict[str, Check] = {
    "task": _choice("classification", "regression"),
    "model": _model,
    "hidden": _sizes,
    "loss": _loss,
    "optimizer": _optimizer,
    "learning_rate": _rate,
    "epochs": _count,
    "steps": _count,
    "batch_size": _count,
    "validation": _share,
    "early_stopping": _count,
    "seed": _seed,
    "engine": _choice(*ENGINES, *EXTRAS),
    "threads": _count,
    "dtype": _choice("float32", "float64"),
    "test_fraction": _share,
    "prepare": _choice("standard", "minmax"),
}
APART = (  # what cannot both be given, and the mend
    ("hidden", "model", "leave --hidden out: the file says what the layers are"),
    ("epochs", "steps", "give --epochs to see all rows so often, or --steps for so many batches"),
    ("early_stopping", "steps", "give --epochs instead of --steps: it looks at whole epochs"),
)
WORDS = {
    "target", "task", "model", "hidden", "loss", "optimizer", "engine", "dtype", "prepare",
    "folder",
}  # fmt: skip
IN_FILES = tuple(name for name in CHECKS if name not in ("task", "model", "hidden"))
NAMES = tuple(one.name for one in fields(Wishes))
