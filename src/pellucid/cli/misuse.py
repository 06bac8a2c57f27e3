"""What is said when the program is used wrongly: what is wrong, and the mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pellucid.cli.parts import nearest
from pellucid.data.pictures import PICTURE_SUFFIXES
from pellucid.errors import ArgumentError, DataError, FileError, PellucidError

__all__ = ["EXAMPLES", "explained", "mend_of", "no_data", "only_longer"]

EXAMPLES = {
    "train": "pellucid train digits",
    "sweep": "pellucid sweep digits --hidden 4,8,16",
    "predict": "pellucid predict runs/flowers-1 new.csv",
    "evaluate": "pellucid evaluate runs/digits-1",
    "diagnose": "pellucid diagnose runs/digits-1",
    "show": "pellucid show runs/digits-1",
    "export": "pellucid export runs/digits-1 --c digits.c",
    "data": "pellucid data",
    "doctor": "pellucid doctor",
}
COMMANDS = (*EXAMPLES, "launch", "lab")


def explained(error: Any, given: Sequence[str]) -> tuple[str, str]:
    """Give what is wrong, and the mend, of an error of use that the parser has met.

    Parameters
    ----------
    error : one of the parser's own, whose classes typer does not name
    given : the command line
    """
    command = next((word for word in given if word in EXAMPLES), "pellucid")
    said = (error.message or error.format_message()).rstrip(".")
    option: Any = getattr(error, "option_name", None)
    kind = type(error).__name__
    if kind == "NoSuchOption":
        other = f"{_help(command)} lists the options"
        return f"{command} has no option {option}", _instead(option, _options(error.ctx), other)
    if (unknown := re.match(r"No such command '(.*?)'", said)) is not None:
        other = f"the commands are {', '.join(COMMANDS)}"
        return f"there is no command {unknown[1]}", _instead(unknown[1], COMMANDS, other)
    if kind == "MissingParameter":
        said = f"the argument {error.param.metavar} of {command} is missing"
    elif kind == "BadOptionUsage":
        said = f"{option} {'needs a value' if 'requires' in said else 'takes no value'}"
    elif "unexpected extra" in said:
        said = f"{command} was given more than it takes: {said.rpartition('(')[2].rstrip(')')}"
    return said, _for_example(command)


def no_data(command: str = "train") -> ArgumentError:
    """Say that *train*, or *sweep*, needs data."""
    return ArgumentError(f"the argument DATA of {command} is missing", mend=_for_example(command))


def only_longer(given: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """Give the length that a run is to have; refuse whatever else was given beside --resume."""
    wrong = [f"--{name.replace('_', '-')}" for name in given if name not in ("epochs", "steps")]
    wrong += [name if name.isupper() else f"--{name}" for name, value in others.items() if value]
    if wrong:
        raise ArgumentError(
            f"--resume and {wrong[0]} cannot both be given",
            mend=f"leave {wrong[0]} out: the run goes on as it was begun",
        )
    return dict(given)


def _for_example(command: str) -> str:
    return f"for example: {EXAMPLES.get(command, EXAMPLES['train'])}; or {_help(command)}"


def _help(command: str) -> str:
    return "pellucid --help" if command == "pellucid" else f"pellucid {command} --help"


def _instead(given: str, known: Iterable[str], otherwise: str) -> str:
    near = nearest(given, known)
    return f"did you mean {near}?" if near else otherwise


def _options(context: Any) -> list[str]:
    return [name for one in context.command.params for name in one.opts if name.startswith("--")]


def mend_of(error: PellucidError) -> str:
    """Give the mend of an error, also of one that names none: it is met here with a file."""
    if error.mend:
        return error.mend
    if isinstance(error, FileError) and error.where.endswith((".safetensors", ".json")):
        return "restore the file from a copy, or train again"
    if isinstance(error, FileError) and error.where.lower().endswith(PICTURE_SUFFIXES):
        return "check the path"
    if isinstance(error, FileError):
        return "save it as CSV, the names of the columns in its first line, and give that"
    if isinstance(error, DataError):
        return "correct the table: names in the first line, below them a row for each example"
    return "pellucid --help lists the commands, and pellucid COMMAND --help what each takes"
