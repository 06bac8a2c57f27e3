"""Centre and scale of quantities, learned once and kept as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, one_of
from pellucid.errors import DataError, ShapeError

__all__ = ["Scaling", "TargetScaling", "centre_and_scale", "check_scaling", "median", "usable"]

Scaling = Literal["standard", "minmax"]


@final
class TargetScaling(Frozen):
    """(y − centre) / scale for quantities, and the way back. Plain data, saved with a model.

    Parameters
    ----------
    centre, scale : one number for each column of the target

    Examples
    --------
    >>> scaling = TargetScaling.fit(np.array([1.0, 2.0, 3.0]))
    >>> scaling.invert(scaling.apply(np.array([5.0])))
    array([5.])
    """

    centre: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, y: NDArray[Any], *, scaling: Scaling = "standard") -> TargetScaling:
        """Learn mean and deviation, or least and range, of the (n,) or (n, k) training targets."""
        check_scaling(scaling)
        columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1).T
        centres, scales = zip(
            *(centre_and_scale(column, scaling) for column in columns), strict=True
        )
        return cls(centres, scales)

    def apply(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets to what the network is trained on; shape and dtype stay."""
        wide = self._wide(y)
        return ((wide - self.centre) / self.scale).astype(y.dtype).reshape(y.shape)

    def invert(self, y: NDArray[Any]) -> NDArray[Any]:
        """What the network says back to the units of the target; shape and dtype stay."""
        wide = self._wide(y)
        return (wide * self.scale + self.centre).astype(y.dtype).reshape(y.shape)

    def to_config(self) -> dict[str, Any]:
        """The scaling as JSON values; floats survive exactly."""
        return {"centre": list(self.centre), "scale": list(self.scale)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TargetScaling:
        """The scaling that `to_config` wrote.

        Raises
        ------
        DataError : the record is not one that `to_config` wrote
        """
        try:
            centre = tuple(usable(value) for value in config["centre"])
            scale = tuple(usable(value, zero=False) for value in config["scale"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                "a saved scaling cannot be read",
                got=repr(error),
                mend="save the network anew, or load it with the version that saved it",
            ) from error
        if len(centre) != len(scale):
            raise DataError(
                "a saved scaling cannot be read",
                got=repr(config)[:80],
                mend="save the network anew, or load it with the version that saved it",
            )
        return cls(centre, scale)

    def _wide(self, y: NDArray[Any]) -> NDArray[np.float64]:
        wide = y.astype(np.float64).reshape(len(y), -1)
        if wide.shape[1] != len(self.centre):
            raise ShapeError(
                "the target has another number of columns than its scaling",
                where="y",
                got=f"shape {y.shape}",
                wanted=f"(rows, {len(self.centre)})",
                mend="give the columns of the first fit, or make a new network",
            )
        return wide


def centre_and_scale(values: NDArray[np.float64], scaling: Scaling | None) -> tuple[float, float]:
    """Mean and deviation, least and range, or 0 and 1; a constant keeps the scale 1.

    Works relative to the largest value, so that squares neither overflow nor vanish.

    Examples
    --------
    >>> centre_and_scale(np.array([1e300, 3e300]), "standard")
    (2e+300, 1e+300)
    """
    if scaling is None:
        return 0.0, 1.0
    least, most = float(values.min()), float(values.max())
    if least == most:
        return least, 1.0
    if scaling == "minmax":
        return least, most - least
    largest = max(-least, most)
    mean = float((values / largest).mean()) * largest
    spread = max(most - mean, mean - least)
    return mean, float(np.sqrt((((values - mean) / spread) ** 2).mean())) * spread


def median(values: NDArray[np.float64]) -> float:
    """The value in the middle: NumPy's `median`, with one pivot, which is several times faster.

    Examples
    --------
    >>> median(np.array([4.0, 1.0, 2.0, 10.0]))
    3.0
    """
    middle = len(values) // 2
    parted = np.partition(values, middle)
    high = parted[middle]
    low = high if len(values) % 2 else parted[:middle].max()
    return float(low if low == high else low / 2 + high / 2)  # their sum might overflow


def check_scaling(scaling: object) -> None:
    """Refuse a word that is no scaling.

    Raises
    ------
    ArgumentError : neither ``"standard"``, ``"minmax"`` nor None
    """
    if scaling is not None:
        one_of(scaling, "scaling", get_args(Scaling))


def usable(value: Any, *, zero: bool = True) -> float:
    """A number from a saved record, checked to be one that arithmetic can take."""
    number = float(value)
    if not np.isfinite(number) or (number == 0 and not zero):
        raise ValueError(f"{value!r} is no usable number")
    return number
