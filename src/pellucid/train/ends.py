"""What goes into a network and what comes out of it, by name: one array or head, or several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pellucid.errors import ArgumentError
from pellucid.graph import Tensor

if TYPE_CHECKING:
    from pellucid.layers.module import Module

__all__ = ["ONE", "check_names", "heads_of", "inputs_by_name", "of_head", "parameter_names",
           "reshaped_like", "targets_by_name", "targets_by_place"]  # fmt: skip

ONE = "output"  # the name of an output that is alone and has none

_T = TypeVar("_T")


def parameter_names(module: Module) -> tuple[str, ...] | None:
    """List the inputs that a module's ``forward`` takes; ``None`` if it takes any number."""
    forward = module.forward
    own = getattr(forward, "__func__", None)
    return _names(forward, 0) if own is None else _names(own, 1)


@lru_cache(maxsize=256)
def _names(forward: Callable[..., Any], bound: int) -> tuple[str, ...] | None:
    given = list(inspect.signature(forward).parameters.values())[bound:]
    if any(one.kind is one.VAR_POSITIONAL for one in given):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(one.name for one in given if one.kind in kinds and one.default is one.empty)


def inputs_by_name(X: Any, names: Sequence[str] | None, what: str = "X") -> dict[str, Any]:
    """See what was given as one array for each input, under the name that errors call it by.

    Parameters
    ----------
    names : of the network's inputs; without them a tuple is several inputs, and all else is one
    """
    if names is None:
        several = {str(k): x for k, x in enumerate(X)} if isinstance(X, tuple) else {"": X}
        return {f"{what}[{name}]" if name else what: x for name, x in several.items()}
    if len(names) == 1:  # a dict of others is a table: columns by name
        named = isinstance(X, Mapping) and list(X) == list(names) and np.ndim(X[names[0]]) > 1
        return {what: X[names[0]] if named else X}
    if isinstance(X, Mapping):
        _check_complete(X, names, what)
        return {f"{what}[{name!r}]": X[name] for name in names}
    if not isinstance(X, (tuple, list)) or len(X) != len(names):
        raise ArgumentError(
            f"the network has {len(names)} inputs, and takes an array for each", where=what,
            got=f"{len(X)} arrays" if isinstance(X, (tuple, list)) else type(X).__name__,
            wanted=", ".join(names),
            mend="write {" + ", ".join(f"{name!r}: …" for name in names) + "}",
        )  # fmt: skip
    return {f"{what}[{name!r}]": x for name, x in zip(names, X, strict=True)}


def _check_complete(given: Iterable[Any], names: Sequence[str], what: str) -> None:
    if set(given) != set(names):
        raise ArgumentError(
            "the names given are not those of the network's inputs", where=what,
            got=", ".join(map(str, given)) or "none", wanted=", ".join(names),
            mend="write {" + ", ".join(f"{name!r}: …" for name in names) + "}",
        )  # fmt: skip


# --- outputs -------------------------------------------------------------------------------


def heads_of(result: Any) -> dict[str, Tensor]:
    """Name what a network gave: one tensor, several by place, or several by name."""
    if isinstance(result, Mapping):
        return dict(result)
    if isinstance(result, tuple):
        return {f"head{k}": one for k, one in enumerate(result)}
    return {ONE: result}


def reshaped_like(result: Any, values: Mapping[str, _T]) -> _T | tuple[_T, ...] | dict[str, _T]:
    """Give values, one for each head, in the form in which the network gives its heads."""
    if isinstance(result, Mapping):
        return dict(values)
    return tuple(values.values()) if isinstance(result, tuple) else next(iter(values.values()))


def targets_by_place(y: Any, rows: int) -> dict[str | int, Any]:
    """See targets as one for each head, by name or place, before it is known which heads there are.

    A tuple is one target for each head when each member has as many entries as there are rows;
    ``None`` stands for a head that is not trained.
    """
    if isinstance(y, Mapping):
        return dict(y)
    if isinstance(y, tuple) and len(y) != rows and all(_has_rows(one, rows) for one in y):
        return {k: one for k, one in enumerate(y) if one is not None}
    return {0: y}


def _has_rows(y: Any, rows: int) -> bool:
    return y is None or (hasattr(y, "__len__") and not isinstance(y, str) and len(y) == rows)


def targets_by_name(
    given: Mapping[str | int, Any], heads: Sequence[str], wished: Any = None
) -> dict[str, Any]:
    """Find the head of each target, in the order of the heads.

    Parameters
    ----------
    wished : the losses that were asked for; a target alone belongs to the only head with a loss
    """
    chosen = list(wished) if isinstance(wished, Mapping) else list(heads)
    check_names(chosen, heads, "loss")
    if list(given) == [0] and len(chosen) == 1:
        return {chosen[0]: given[0]}
    if list(given) == [0] and len(heads) > 1:
        raise ArgumentError(
            f"the network has {len(heads)} outputs, and there is one target", where="y",
            wanted=", ".join(heads),
            mend="write {" + ", ".join(f"{name!r}: …" for name in heads) + "}; "
            "outputs that are left out are not trained",
        )  # fmt: skip
    if any(isinstance(k, int) and k >= len(heads) for k in given):
        raise ArgumentError(
            "there are more targets than the network has outputs", where="y",
            got=f"{len(given)} targets", wanted=", ".join(heads),
            mend="give one for each output, in their order",
        )  # fmt: skip
    named = {heads[k] if isinstance(k, int) else k: y for k, y in given.items()}
    check_names(named, heads, "y")
    if isinstance(wished, Mapping):
        check_names(wished, list(named), "loss")
    found = {name: named[name] for name in heads if name in named and name in chosen}
    if not found:
        raise ArgumentError(
            "no output has a target", where="y", wanted=f"one or more of {', '.join(heads)}",
            mend="write {" + f"{heads[0]!r}: y" + "}",
        )  # fmt: skip
    return found


def check_names(given: Iterable[Any], known: Sequence[str], what: str) -> None:
    """Refuse a name that is none of those known."""
    wrong = [name for name in given if name not in known]
    if wrong:
        found = "with a target" if what not in ("y", "loss") else ""
        raise ArgumentError(
            f"the network has no output {wrong[0]!r} {found}".rstrip(), where=what,
            wanted=" or ".join(known), mend="name the outputs as the network does",
        )  # fmt: skip


def of_head(wish: Any, name: str) -> Any:
    """Give what was wished of a head: its entry in a dict, or what was wished of all."""
    return wish.get(name) if isinstance(wish, Mapping) else wish
