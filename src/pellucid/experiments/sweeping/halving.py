"""Successive halving: give every combination a little, and more to those that do well."""

from __future__ import annotations

from typing import final

from pellucid.arguments import Declaration, ranged, whole_number
from pellucid.errors import ArgumentError

__all__ = ["Halving"]


@final
class Halving(Declaration):
    """Stop hopeless combinations early.

    All combinations are trained for a small part of the epochs (or steps). The best 1/`factor` of
    them, by the median over their seeds, go on for `factor` times as long, and so on until the
    last ones have all epochs.

    Source: Karnin, Koren and Somekh, "Almost optimal exploration in multi-armed bandits", 2013;
    Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter
    optimization", 2016.

    Parameters
    ----------
    factor : how many go in for each that goes on
    least : with how many epochs, or steps, it begins; by default as few as leave one at the end

    Examples
    --------
    >>> Halving(3).budgets(81, combinations=9)
    [9, 27, 81]
    >>> Halving(least=20).budgets(100, combinations=9)
    [33, 100]
    """

    factor: float = ranged(3.0, above=1)
    least: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least is not None:
            whole_number(self.least, "least", at_least=1)

    def budgets(self, total: int, combinations: int) -> list[int]:
        """Tell after how many epochs, or steps, it is decided who goes on; the last is `total`."""
        if self.least is not None and self.least > total:
            raise ArgumentError(
                "halving begins with more than there is", got=f"least={self.least}, {total} in all",
                wanted=f"least ≤ {total}", mend="begin with less, such as a ninth",
            )  # fmt: skip
        found, budget, left = [total], total / self.factor, combinations / self.factor
        while left > 1 - 1e-9 and budget >= (self.least or 1):
            found.append(int(budget))
            budget, left = budget / self.factor, left / self.factor
        return sorted(set(found))

    def kept(self, combinations: int) -> int:
        """Tell how many of so many go on."""
        return max(1, round(combinations / self.factor))
