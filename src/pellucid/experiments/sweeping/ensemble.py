"""Several networks as one model, which says how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.errors import ArgumentError, GraphError
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.train.targets import is_column

__all__ = ["Ensemble", "Member"]

Floats = NDArray[np.float64]
LEAST = 1e-12  # of a probability, before its logarithm
EXTREME = 20.0  # the highest temperature; the lowest is one through it


class Member(NamedTuple):
    """A network, and the rows that it has not seen: their numbers, inputs and targets."""

    network: Network
    rows: NDArray[np.int64]
    X: Any
    y: Any


@final
class Ensemble(Frozen):
    r"""Networks that are asked together.

    For classes it gives the mean of the probabilities, made less or more sure by one temperature:
    :math:`p_k \propto \bar p_k^{1/T}`. For numbers it gives the mean, and a deviation
    :math:`\sigma = \sqrt{a + b s^2}` made of the spread s of the networks. T, a and b are those
    under which the rows that the networks had not seen are most probable; each such row is asked of
    those networks alone that had not seen it.

    Sources: Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty
    estimation using deep ensembles", 2017; Guo, Pleiss, Sun and Weinberger, "On calibration of
    modern neural networks", 2017; Rahaman and Thiery, "Uncertainty quantification and deep
    ensembles", 2021 (first the mean, then the temperature).

    Attributes
    ----------
    networks : the best first
    temperature : T, for classes; above 1 where the mean was too sure
    noise, scale : √a and √b, for numbers, of each output

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> X, y = data.moons(100, seed=1)
    >>> def build(): return nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    >>> sweep = pel.sweep(build, {"learning_rate": [0.05]}, X, y, seeds=3, validation=0.3,
    ...                   progress=False)
    >>> model = sweep.ensemble(3)
    >>> model.predict_proba(X[:2]).shape, model.spread(X[:2]).shape
    ((2, 2), (2, 2))
    """

    networks: tuple[Network, ...]
    temperature: float | None = None
    noise: NDArray[np.float64] | None = None
    scale: NDArray[np.float64] | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @classmethod
    def of(cls, members: Sequence[Member]) -> Ensemble:
        """Put networks together, and calibrate them on rows that they have not seen.

        Raises
        ------
        GraphError : for networks of several heads, and for outputs of a yes or no each
        """
        networks = tuple(member.network for member in members)
        record = networks[0]._record
        assert record is not None
        heads = record.objective.heads
        if len(heads) > 1 or heads[0].answers == "yes or no":
            raise GraphError(
                "an ensemble is of networks with one output that tells one class, or numbers",
                got=", ".join(f"{head.name or 'output'}: {head.answers}" for head in heads),
                mend="put the networks together yourself: sweep.network(row)",
            )  # fmt: skip
        if heads[0].answers == "numbers":
            mean, spread, truth = _pooled(members, _numbers, _values)
            noise, scale = _deviations(mean, spread, truth)
            return cls(networks, noise=noise, scale=scale)
        mean, _, truth = _pooled(members, _probabilities, _classes)
        return cls(networks, temperature=_temperature(mean, truth.astype(np.int64)))

    def predict(self, X: Any) -> Any:
        """Give the mean of what the networks predict for each row, in their form."""
        return np.mean([network.predict(X) for network in self.networks], axis=0)

    def predict_proba(self, X: Any) -> Floats:
        """Give the probability of each class for each row."""
        self._check_classes("predict_proba")
        assert self.temperature is not None
        return _tempered(self._asked(X, _probabilities).mean(axis=0), self.temperature)

    def classify(self, X: Any) -> Any:
        """Give the most probable label of each row."""
        self._check_classes("classify")
        found = self.predict_proba(X).argmax(axis=1)
        record = self.networks[0]._record
        assert record is not None
        return found if record.coding is None else record.coding.decode(found)

    def spread(self, X: Any) -> Floats:
        """Tell how unsure it is of each row.

        For numbers: the calibrated standard deviation, in the form of the predictions. For classes:
        the standard deviation of each class's probability over the networks.
        """
        if self.temperature is not None:
            return self._asked(X, _probabilities).std(axis=0)
        assert self.noise is not None
        assert self.scale is not None
        said = self._asked(X, _numbers)
        deviation = np.sqrt(self.noise**2 + self.scale**2 * said.var(axis=0))
        return deviation.reshape(np.shape(self.predict(X)))

    def _asked(self, X: Any, ask: Callable[[Network, Any], Floats]) -> Floats:
        return np.stack([ask(network, X) for network in self.networks])

    def _check_classes(self, verb: str) -> None:
        if self.temperature is None:
            raise ArgumentError(
                f"{verb}: the networks were trained to give numbers, and know no classes",
                mend="write ensemble.predict(X), and ensemble.spread(X)",
            )

    def __repr__(self) -> str:
        if self.temperature is not None:
            said = f"temperature {self.temperature:.3g}"
        else:
            assert self.noise is not None
            said = "noise " + ", ".join(f"{one:.3g}" for one in self.noise)
        return f"Ensemble({len(self.networks)} networks, {said})"


# --- what the networks say, and what is so -------------------------------------------------


def _probabilities(network: Network, X: Any) -> Floats:
    return np.asarray(network.predict_proba(X), np.float64)


def _numbers(network: Network, X: Any) -> Floats:
    found = np.asarray(network.predict(X), np.float64)
    return found.reshape(len(found), -1)


def _classes(network: Network, y: Any) -> NDArray[Any]:
    record = network._record
    assert record is not None
    assert record.coding is not None
    codes = record.coding.encode(y) if is_column(y) else np.asarray(y).argmax(axis=1)
    return codes.reshape(-1, 1)


def _values(network: Network, y: Any) -> NDArray[Any]:
    return np.asarray(y, np.float64).reshape(len(y), -1)


def _pooled(
    members: Sequence[Member],
    ask: Callable[[Network, Any], Floats],
    answer: Callable[[Network, Any], NDArray[Any]],
) -> tuple[Floats, Floats, NDArray[Any]]:
    """Ask of each row the networks that have not seen it: mean, variance (or NaN) and truth."""
    last = max(int(member.rows.max()) for member in members) + 1
    said = [ask(member.network, member.X) for member in members]
    told = [answer(member.network, member.y) for member in members]
    counts, truth = np.zeros((last, 1)), np.zeros((last, told[0].shape[1]))
    total, square = np.zeros((2, last, said[0].shape[1]))
    for member, one, true in zip(members, said, told, strict=True):
        counts[member.rows] += 1
        total[member.rows] += one
        truth[member.rows] = true
    mean = total / np.maximum(counts, 1)
    for member, one in zip(members, said, strict=True):
        square[member.rows] += (one - mean[member.rows]) ** 2
    variance = np.where(counts > 1, square / np.maximum(counts, 1), np.nan)
    seen = counts[:, 0] > 0
    return mean[seen], variance[seen], truth[seen]


# --- calibration ---------------------------------------------------------------------------


def _tempered(p: Floats, temperature: float) -> Floats:
    logits = np.log(np.maximum(p, LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found


def _temperature(p: Floats, truth: NDArray[np.int64]) -> float:
    """Find the temperature under which the true classes are most probable."""
    rows = np.arange(len(p))

    def surprise(logarithm: float) -> float:
        chosen = _tempered(p, np.exp(logarithm))[rows, truth[:, 0]]
        return -float(np.log(np.maximum(chosen, LEAST)).mean())

    ends = -np.log(EXTREME), np.log(EXTREME)
    found = load("scipy.optimize").minimize_scalar(surprise, bounds=ends, method="bounded")
    return float(np.exp(found.x))


def _deviations(mean: Floats, variance: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Find, for each output, the noise and the scale under which the truth is most probable."""
    found = []
    for column in range(mean.shape[1]):
        error, spread = (truth - mean)[:, column] ** 2, variance[:, column]
        known = np.isfinite(spread)
        if not known.any() or not spread[known].any():
            found.append((float(np.sqrt(error.mean())), 1.0))
        else:
            found.append(_deviation(error[known], spread[known]))
    noise, scale = np.array(found).T
    return noise, scale


def _deviation(error: Floats, spread: Floats) -> tuple[float, float]:
    unit = max(float(error.mean()), 1e-300)

    def surprise(logarithms: Floats) -> float:
        a, b = np.exp(2 * logarithms)
        variance = a + b * spread / unit
        return float((np.log(variance) + error / unit / variance).mean())

    ends = [(-10.0, 3.0), (-10.0, 5.0)]
    best = load("scipy.optimize").minimize(surprise, np.array([-0.5, 0.0]), bounds=ends)
    noise, scale = np.exp(best.x)
    return float(noise * np.sqrt(unit)), float(scale)
