"""From whole numbers, such as the words of a vocabulary, to vectors."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole_number
from pellucid.errors import DataError, DTypeError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.layers.constraint import Constraint, constrained
from pellucid.layers.init import Initializer, Key, Normal, Shape, initializer
from pellucid.layers.module import Module
from pellucid.layers.penalty import Penalty, penalised
from pellucid.ops.elementwise import cast, stop_gradient, where
from pellucid.ops.index import take
from pellucid.ops.view import expand_dims

__all__ = ["Embedding"]


@final
class Embedding(Module):
    """Give each whole number the row of a table that belongs to it; training changes the rows.

    Formula: y = W[x]. Shapes: x (…) of whole numbers from 0 to num_embeddings − 1,
    W (num_embeddings, embedding_dim), y (…, embedding_dim).

    Source: Bengio and others, "A neural probabilistic language model", 2003.

    Parameters
    ----------
    num_embeddings : how many rows the table has: one more than the greatest number
    embedding_dim : how long a row is
    padding_idx : a number that stands for nothing: its row starts at zero and never changes
    weight_init : how W starts; by default from the normal distribution, as in PyTorch
    penalty, constraint : of W, as for :class:`Linear`

    Raises
    ------
    DataError : for a number outside the table, or with a fraction
    DTypeError : for truth values

    Examples
    --------
    >>> from pellucid import nn
    >>> words = nn.Embedding(3, 2, weight_init=nn.init.Constant(1.0), padding_idx=0)
    >>> words([[2, 0]])
    Tensor([[[1. 1.]
      [0. 0.]]], float32)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        padding_idx: int | None = None,
        weight_init: str | Initializer | None = None,
        penalty: Penalty | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        self.num_embeddings = whole_number(num_embeddings, "num_embeddings", at_least=1)
        self.embedding_dim = whole_number(embedding_dim, "embedding_dim", at_least=1)
        self.padding_idx = (
            None
            if padding_idx is None
            else whole_number(padding_idx, "padding_idx", at_most=self.num_embeddings - 1)
        )
        self.weight_init = Normal() if weight_init is None else initializer(weight_init)
        self.weight_penalty, self.weight_constraint = penalised(penalty), constrained(constraint)

    def build(self, x: Spec) -> None:
        """Make the table."""
        init = self.weight_init
        self.create(
            "weight", (self.num_embeddings, self.embedding_dim),
            init if self.padding_idx is None else _ZeroRow(init, self.padding_idx),
            penalty=self.weight_penalty, constraint=self.weight_constraint,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Pick the rows."""
        self._check(x)
        rows = self.num_embeddings
        if x.dtype.kind == "f":  # as `fit` and tables give numbers; one with a fraction is outside
            whole = cast(x, np.int64)
            x = where(x == whole, whole, rows)
        if x.dtype.kind == "i":  # the operation would count −1 from the end
            x = where(x < 0, rows, x)
        y = take(self.weight, x)
        if self.padding_idx is None:
            return y
        return where(expand_dims(x == self.padding_idx, -1), stop_gradient(y), y)

    def _check(self, x: Tensor) -> None:
        """Say what is wrong while the numbers can still be seen."""
        rows = self.num_embeddings
        if x.dtype.kind == "b":
            raise DTypeError(
                "an Embedding takes whole numbers", got="truth values",
                wanted=f"0 to {rows - 1}", mend='write x.astype("int64")',
            )  # fmt: skip
        if x.value is None:
            return
        outside = x.value[(x.value < 0) | (x.value >= rows) | (x.value != np.floor(x.value))]
        if outside.size:
            raise DataError(
                "an Embedding takes whole numbers within its table", got=str(outside[0]),
                wanted=f"0 to {rows - 1}",
                mend="number what is embedded from 0, and give the table a row for each number",
            )  # fmt: skip


class _ZeroRow(Initializer):
    """Another initialiser, but for one row of zeros."""

    other: Initializer
    row: int

    def __call__(self, shape: Shape, key: Key) -> NDArray[Any]:
        values = np.array(self.other(shape, key))
        values[self.row] = 0
        return values
