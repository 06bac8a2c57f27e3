"""What a page may ask for, checked: a number, a verb, and the fields of that verb."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pellucid.arguments import named, number_in, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, PellucidError

__all__ = ["OPS", "Ack", "Request", "Subscription", "problem", "read_message"]

OPS: dict[str, set[str]] = {
    "hello": {"token", "version"}, "restart": set(), "play": set(), "pause": set(),
    "reset": {"seed"}, "speed": {"value"}, "step": {"unit"}, "seek": {"step"}, "branch": set(),
    "set": {"setting"}, "points": {"add", "move", "remove", "clear"},
    "edit_weight": {"layer", "tensor", "index", "value"}, "silence": {"layer", "unit", "silent"},
    "subscribe": {"views", "fps"}, "example": {"index", "part"}, "script": {"of"},
    "export": {"kind"}, "race": {"racers", "start", "epochs"}, "sweep": {"axes", "seeds", "epochs"},
    "end": {"job"}, "open_run": {"run"},
}  # fmt: skip
DEEPEST = 32


class Request(NamedTuple):
    """A request: its number, which the reply bears, the verb and its fields."""

    id: int
    op: str
    fields: dict[str, Any]


class Ack(NamedTuple):
    """That a page has drawn a frame."""

    seq: int


class Subscription(NamedTuple):
    """What a page wants to see, and how often at most."""

    views: dict[str, dict[str, Any]]
    fps: float

    @classmethod
    def of(cls, views: Any, fps: Any = 30) -> Subscription:
        """Check what a page asks for."""
        shaped = isinstance(views, Mapping) and all(
            isinstance(one, Mapping) for one in views.values()
        )
        if not shaped:
            raise ArgumentTypeError("views are named, each with its options", got=repr(views)[:80],
                                    mend='write {"network": {"resolution": 40}}')  # fmt: skip
        return cls({k: dict(v) for k, v in views.items()}, number_in(fps, "fps", 0.1, 120))


def read_message(text: str) -> Request | Ack:
    """Read what a page has sent.

    Raises
    ------
    PellucidError : for what is no message; its ``id`` is in the error's ``request``, if there is
        one

    Examples
    --------
    >>> read_message('{"id": 3, "op": "step", "unit": "batch"}')
    Request(id=3, op='step', fields={'unit': 'batch'})
    >>> read_message('{"ack": 12}')
    Ack(seq=12)
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError("this is no JSON", got=text[:60], mend="reload the page") from error
    if not isinstance(found, dict):
        raise DataError("a message is an object", got=text[:60], mend="reload the page")
    if "ack" in found:
        return Ack(whole_number(found["ack"], "ack"))
    number = whole_number(found.pop("id", None), "id")
    op = found.pop("op", None)
    try:
        known = named(op, "request", OPS)
        unknown = sorted(found.keys() - known)
        if unknown:
            raise ArgumentError(f"{op} has no field {unknown[0]!r}",
                                wanted=", ".join(sorted(known)) or "none",
                                mend="leave it out")  # fmt: skip
    except PellucidError as error:
        error.request = number  # type: ignore[attr-defined]
        raise
    return Request(number, str(op), found)


def problem(error: PellucidError) -> dict[str, str | None]:
    """Give an error as the page shows it."""
    parts = ("what", "where", "got", "wanted", "mend")
    return {name: getattr(error, name) or None for name in parts}
