"""Tensors and variables in pickles and copies: their values, without what they were made from."""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import GraphError
from pellucid.graph import Variable
from pellucid.graph.tensor import Tensor, constant

__all__ = ["reduced"]


def reduced(tensor: Tensor) -> tuple[Any, ...]:
    """Say how a copy is made, for ``pickle`` and ``copy``: of value, dtype and name.

    Raises
    ------
    GraphError : for what gradients flow through, which the copy would silently end; and for an
        expression of placeholders, which has no value

    Examples
    --------
    >>> import copy
    >>> import pellucid as pel
    >>> copy.deepcopy(pel.tensor([1.0, 2.0]) + 1)
    Tensor([2. 3.], float32)
    """
    if tensor.requires_grad and tensor.op.name != "constant":
        raise GraphError(
            f"{tensor.label} cannot be pickled or copied: no gradient would flow through the copy",
            mend="write x.detach(), which is its value alone",
        )
    return _restored, (tensor.numpy(), tensor.requires_grad, tensor.name)


def _restored(value: NDArray[Any], requires_grad: bool, name: str) -> Tensor:
    value = np.asarray(value)
    value.flags.writeable = False
    return constant(value, requires_grad=requires_grad, name=name)


def _reduced_variable(variable: Variable) -> tuple[Any, ...]:
    """Draw it, if that was not done yet, and leave its gradient out."""
    kinds = variable.trainable, variable.is_parameter
    return _restored_variable, (variable.numpy(), variable.name, *kinds, variable.constraint)


def _restored_variable(
    value: NDArray[Any],
    name: str,
    trainable: bool,
    is_parameter: bool,
    constraint: Callable[[Tensor], Tensor] | None,
) -> Variable:
    found = Variable(value, value.dtype, name=name, trainable=is_parameter, constraint=constraint)
    found.trainable = trainable
    return found


copyreg.pickle(Tensor, reduced)
copyreg.pickle(Variable, _reduced_variable)
