"""The combinations of a sweep: whose parameter each name is, and every way to choose values."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.arguments import Frozen, named
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.models import Network
from pellucid.optim import Optimizer
from pellucid.train import FitOptions

__all__ = ["OF_FIT", "Combination", "Grid", "shown"]

OWNERS = ("build", "optimizer", "fit")
ELSEWHERE = {  # what fit takes and a sweep does by itself, with what to do instead
    "optimizer": "give optimizer= to the sweep",
    "seed": "give seeds= to the sweep",
    "progress": "give progress= to the sweep",
    "validation": "give validation= to the sweep",
    "devices": "leave it out: each network is trained on one device",
    "callbacks": "train the best again: sweep.best_parameters says how",
    "checkpoint": "give journal= to the sweep",
    "resume": "give journal= to the sweep",
    "record": "train the best again, with fit(record=True)",
}
OF_FIT = tuple(one.name for one in FitOptions._fields if one.name not in ELSEWHERE)


class Combination(Frozen):
    """One value for each name.

    Attributes
    ----------
    number : its place in the grid
    values : by the names that the user gave
    build, optimizer, fit : the same, by whom they are for
    architecture : what is equal for combinations that differ in numbers of the optimizer alone
    """

    number: int
    values: dict[str, Any]
    build: dict[str, Any]
    optimizer: dict[str, Any]
    fit: dict[str, Any]
    architecture: Hashable

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def text(self) -> str:
        """The combination in words."""
        return ", ".join(f"{name}={shown(value)}" for name, value in self.values.items())


class Grid(Frozen):
    """Every combination of the values of some names.

    Attributes
    ----------
    build, optimizer : what makes a network, and an optimizer or its class
    values : by the names that the user gave
    combinations : in the order of the values, the last name changing fastest
    """

    build: Callable[..., Network]
    optimizer: Optimizer | type[Optimizer]
    values: dict[str, list[Any]]
    combinations: tuple[Combination, ...]

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @classmethod
    def of(
        cls,
        build: Callable[..., Network],
        parameters: Mapping[str, Sequence[Any]],
        optimizer: Optimizer | type[Optimizer],
        options: Iterable[str],
    ) -> Grid:
        """Match names with those who take them.

        Parameters
        ----------
        options : of ``fit``, which have their value already

        Raises
        ------
        ArgumentError : for a name that nobody takes, or more than one
        """
        takers = _takers(build, optimizer)
        if not isinstance(parameters, Mapping):
            raise ArgumentTypeError(
                "the parameters of a sweep are a table from names to values", got=repr(parameters),
                mend='write {"learning_rate": [0.001, 0.01]}',
            )  # fmt: skip
        owners = {name: _owner(name, takers) for name in parameters}
        for name, (owner, own) in owners.items():
            if owner == "fit" and own in options:
                raise ArgumentError(
                    f"{own} is given, and is a parameter of the sweep as well",
                    got=f"{own}=…, {{{name!r}: […]}}", mend=f"leave {own}= out",
                )  # fmt: skip
        _check_build(build, [own for owner, own in owners.values() if owner == "build"])
        values = {name: _values(name, given) for name, given in parameters.items()}
        places = itertools.product(*[range(len(several)) for several in values.values()])
        found = [_combination(number, place, values, owners) for number, place in enumerate(places)]
        return cls(build, optimizer, values, tuple(found))

    def network(self, combination: Combination) -> Network:
        """Make the network of a combination."""
        network: object = self.build(**combination.build)
        if not isinstance(network, Network):
            raise ArgumentTypeError(
                "build gives no network", where=combination.text, got=repr(network),
                wanted="a new Network each time", mend="write lambda hidden: nn.Sequential([…])",
            )  # fmt: skip
        return network

    def rule(self, combination: Combination) -> Optimizer:
        """Make the optimizer of a combination."""
        given = self.optimizer
        if isinstance(given, type):
            return given(**combination.optimizer)
        return type(given)(**{**given.arguments, **combination.optimizer})


def _takers(
    build: Callable[..., Network], optimizer: Optimizer | type[Optimizer]
) -> dict[str, tuple[str, ...]]:
    """List who takes which names."""
    if isinstance(build, Network) or not callable(build):
        raise ArgumentTypeError(
            "a sweep makes its networks itself", where="build", got=repr(build),
            wanted="a function that gives a new network each time",
            mend="write lambda hidden: nn.Sequential([…])",
        )  # fmt: skip
    rule = optimizer if isinstance(optimizer, type) else type(optimizer)
    if not issubclass(rule, Optimizer):
        raise ArgumentTypeError(
            "optimizer= takes an optimizer or its class", got=repr(optimizer),
            mend="write optimizer=optim.Adam",
        )  # fmt: skip
    own = inspect.signature(build).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        "build": tuple(one.name for one in own if one.kind in kinds),
        "optimizer": tuple(one.name for one in rule._fields),
        "fit": OF_FIT,
    }


def _owner(name: str, takers: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Tell who takes a name, and what it is called there."""
    owner, point, rest = str(name).partition(".")
    if point:
        named(owner, "owner of parameters", dict.fromkeys(OWNERS))
        named(rest, f"parameter of {owner}", dict.fromkeys(takers[owner]))
        return owner, rest
    found = [owner for owner, names in takers.items() if name in names]
    if len(found) > 1:
        ways = [f"{owner}.{name}" for owner in found]
        raise ArgumentError(
            f"{name!r} may be meant for {' or '.join(found)}", where="parameters",
            wanted=" or ".join(ways), mend=f"write {ways[-1]!r}",
        )  # fmt: skip
    if not found:
        known = [one for names in takers.values() for one in names]
        if name in ELSEWHERE:
            raise ArgumentError(f"{name} is no parameter of a sweep", mend=ELSEWHERE[name])
        try:
            named(name, "parameter", dict.fromkeys(known))
        except ArgumentError as error:
            error.wanted = "; ".join(
                f"{owner}: {', '.join(names) or 'none'}" for owner, names in takers.items()
            )
            raise
    return found[0], name


def _check_build(build: Callable[..., Network], given: Sequence[str]) -> None:
    """Refuse a function that needs what the sweep does not give it."""
    own = inspect.signature(build).parameters.values()
    packed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one.name for one in own if one.default is one.empty and one.kind not in packed]
    missing = [name for name in needed if name not in given]
    if missing:
        raise ArgumentError(
            f"build needs {' and '.join(missing)}, of which the sweep knows no values",
            where="parameters", got=", ".join(given) or "nothing for build",
            mend=f"give some: {{{missing[0]!r}: […]}}; or give the parameter a default",
        )  # fmt: skip


def _values(name: str, given: Any) -> list[Any]:
    if isinstance(given, (str, bytes)) or not isinstance(given, (Sequence, np.ndarray, range)):
        raise ArgumentTypeError(
            f"the values of {name} are a list", got=repr(given),
            mend=f"write {{{name!r}: [{given!r}]}}",
        )  # fmt: skip
    found = [one.item() if isinstance(one, np.generic) else one for one in given]
    if not found:
        raise ArgumentError(f"{name} has no values", mend=f"give some, or leave {name} out")
    texts = [shown(one) for one in found]
    twice = [text for text in texts if texts.count(text) > 1]
    if twice:
        raise ArgumentError(
            f"{name} has a value twice", got=twice[0], mend="give each value once; seeds= repeats"
        )
    return found


def _combination(
    number: int,
    place: Sequence[int],
    values: Mapping[str, Sequence[Any]],
    owners: Mapping[str, tuple[str, str]],
) -> Combination:
    chosen = {name: values[name][k] for name, k in zip(values, place, strict=True)}
    parts: dict[str, dict[str, Any]] = {owner: {} for owner in OWNERS}
    for name, value in chosen.items():
        owner, own = owners[name]
        parts[owner][own] = value
    fixed = [k for name, k in zip(values, place, strict=True) if owners[name][0] != "optimizer"]
    return Combination(number, chosen, **parts, architecture=tuple(fixed))


def shown(value: Any) -> Any:
    """Give a value as a frame, a picture or a journal holds it: plain, or as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return f"({', '.join(str(shown(one)) for one in value)})"
    return getattr(value, "__name__", None) or repr(value)
