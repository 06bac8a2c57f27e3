"""Normalising layers: subtract a mean, divide by a standard deviation, scale and shift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, final

from pellucid.arguments import number_in, truth, whole_number
from pellucid.errors import ShapeError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.layers.init import Ones, Zeros
from pellucid.layers.inputs import check_channels, check_layout, floating, row_size, shown_shape
from pellucid.layers.module import Module, latest, with_updates
from pellucid.ops.elementwise import cast, sqrt, stop_gradient
from pellucid.ops.reduce import mean
from pellucid.ops.view import count, reshape
from pellucid.shapes import agreed, integers, normalise_axes, size

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "LayerNorm",
]  # fmt: skip

Axes = tuple[int, ...]
Moments = tuple[Tensor, Tensor]


def _moments(x: Tensor, axes: Axes) -> Moments:
    """Give mean and biased variance, with the reduced axes kept; one value has no variance."""
    if size(tuple(x.shape[axis] for axis in axes)) == 1:
        raise ShapeError(
            "there is one value to take a mean and a variance of: the result would always be zero",
            got=f"shape {shown_shape(x.shape)}, of which each mean is over axes {axes}",
            wanted="at least two values",
            mend="give more rows" if 0 in axes else "leave the layer out, or give more extents",
        )  # fmt: skip
    middle = mean(x, axes, keepdims=True)
    centred = x - middle
    return middle, mean(centred * centred, axes, keepdims=True)


def _along(variable: Variable, rank: int, axes: Axes) -> Tensor:
    """See the variable, which lies along `axes`, as one that broadcasts over the others."""
    extents = iter(variable.shape)
    return reshape(variable, [next(extents) if axis in axes else 1 for axis in range(rank)])


class _Norm(Module):
    """What all have in common: eps, and perhaps a scale and a shift."""

    eps: float

    def _create_affine(self, extents: Sequence[int | None], *, bias: bool = True) -> None:
        self.create("weight", extents, Ones())
        if bias:
            self.create("bias", extents, Zeros())

    def _standardised(self, x: Tensor, moments: Moments) -> Tensor:
        middle, variance = moments
        return (x - middle) * (1 / sqrt(variance + self.eps))  # one division for many values

    def _scaled(self, y: Tensor, axes: Axes = (1,)) -> Tensor:
        """Scale and shift along `axes`, by the variables that there are."""
        weight, bias = vars(self).get("weight"), vars(self).get("bias")
        y = y if weight is None else y * _along(weight, y.ndim, axes)
        return y if bias is None else y + _along(bias, y.ndim, axes)


# --- over the rows -------------------------------------------------------------------------


class _BatchNorm(_Norm):
    """Batch normalisation, whatever the rank."""

    batch_statistics = True
    _ranks: ClassVar[tuple[int, ...]]

    def __init__(self, *, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        self.eps = number_in(eps, "eps", above=0)
        self.momentum = number_in(momentum, "momentum", low=0, high=1)
        self.affine = truth(affine, "affine")

    def build(self, x: Spec) -> None:
        """Make scale, shift and running statistics, one of each for a channel."""
        self._check(x)
        channels = x.shape[1:2]
        if self.affine:
            self._create_affine(channels)
        self.create("running_mean", channels, Zeros(), trainable=False)
        self.create("running_var", channels, Ones(), trainable=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the batch in training, by the running statistics in evaluation."""
        self._check(x.spec)
        check_channels(x.spec, self.running_mean.shape[0])
        x = floating(x, self.running_mean)
        if not self.training:
            mean_, var = (_along(v, x.ndim, (1,)) for v in (self.running_mean, self.running_var))
            return self._scaled(self._standardised(x, (mean_, var)))
        axes = (0, *range(2, x.ndim))
        moments = _moments(x, axes)
        y = self._scaled(self._standardised(x, moments))
        return with_updates(y, self._followed(moments, count(x, axes)))

    def _check(self, x: Spec) -> None:
        if len(x.shape) not in self._ranks:
            check_layout(x, self._ranks[-1] - 2)

    def _followed(self, moments: Moments, n: Tensor) -> dict[Variable, Tensor]:
        """Let the running statistics follow; the variance they hear of is the unbiased one."""
        middle, variance = (stop_gradient(one).reshape(-1) for one in moments)
        unbiased = variance * cast(n / (n - 1), variance.dtype)
        share = self.momentum
        return {
            running: cast((1 - share) * latest(running) + share * heard, running.dtype)
            for running, heard in ((self.running_mean, middle), (self.running_var, unbiased))
        }


@final
class BatchNorm1d(_BatchNorm):
    """Batch normalisation of rows (N, C), or of sequences (N, C, L).

    In training each channel is brought to mean 0 and variance 1 over the batch (and the length);
    in evaluation by running statistics r, which each training step moves towards the batch's:
    r ← (1 − momentum) · r + momentum · s.

    Formula: y = w · (x − mean) / √(variance + eps) + b. The variance divides by the number of
    values n; the running one hears of the unbiased variance, which divides by n − 1.

    Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", 2015, algorithm 1.

    Parameters
    ----------
    eps : what is added to the variance, so that nothing is divided by zero
    momentum : the share of a new batch in the running statistics
    affine : whether there are w and b, one of each for a channel

    Raises
    ------
    ShapeError : for another rank, another number of channels, and for a single value per channel
        in training: a batch of one row has no variance

    Examples
    --------
    >>> from pellucid import nn
    >>> norm = nn.BatchNorm1d()
    >>> norm([[1.0], [3.0]], training=True)
    Tensor([[-0.999995]
     [ 0.999995]], float32)
    """

    _ranks = (2, 3)


@final
class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images (N, C, H, W): each channel over rows, height and width.

    Formula, source, parameters and errors are those of :class:`BatchNorm1d`.

    >>> import numpy as np
    >>> from pellucid import nn
    >>> norm = nn.BatchNorm2d()
    >>> y = norm(np.arange(16.0).reshape(2, 2, 2, 2), training=True)
    >>> y.shape, norm.running_mean.shape
    ((2, 2, 2, 2), (2,))
    """

    _ranks = (4,)


# --- within a row --------------------------------------------------------------------------


@final
class LayerNorm(_Norm):
    """Bring the features of each row to mean 0 and variance 1, then scale and shift each.

    Formula: y = w · (x − mean) / √(variance + eps) + b, with mean and biased variance along `axis`.
    The same in training and evaluation; rows do not see each other.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.

    Parameters
    ----------
    axis : along which mean and variance are taken: the last by default; several are allowed,
        ``(1, 2, 3)`` for whole images; never that of the rows
    eps : what is added to the variance
    elementwise_affine : whether there are w and b, of the extents along `axis`
    bias : whether there is a b beside w

    Raises
    ------
    ShapeError : when there is a single value to take a variance of, or another number than before

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.LayerNorm()([[1.0, 3.0], [0.0, 10.0]])
    Tensor([[-0.999995  0.999995]
     [-1.        1.      ]], float32)
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        *,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        self.axis = integers(axis, "LayerNorm", "axis")
        self.eps = number_in(eps, "eps", above=0)
        self.affine = truth(elementwise_affine, "elementwise_affine")
        self.has_bias = truth(bias, "bias")

    def build(self, x: Spec) -> None:
        """Make scale and shift."""
        if self.affine:
            extents = [x.shape[axis] for axis in self._axes(x)]
            self._create_affine(extents, bias=self.has_bias)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each row."""
        axes = self._axes(x.spec)
        if self.affine:
            x = floating(x, self.weight)
            here = tuple(x.shape[axis] for axis in axes)
            if agreed([here, self.weight.shape]) is None:
                raise ShapeError(
                    "the input does not have the extents that this layer was made for",
                    got=f"shape {shown_shape(x.shape)}",
                    wanted=f"{self.weight.shape} at axes {axes}",
                    mend="give inputs of that shape, or make a new network for other data",
                )  # fmt: skip
        return self._scaled(self._standardised(x, _moments(x, axes)), axes)

    def _axes(self, x: Spec) -> Axes:
        axes = normalise_axes(self.axis, len(x.shape), "LayerNorm")
        if 0 in axes:
            raise ShapeError(
                "LayerNorm looks at one row at a time, and its axis is that of the rows",
                got=f"axis={self.axis}, shape {shown_shape(x.shape)}",
                wanted="shape (rows, features)",
                mend="write x.reshape(1, -1) for one row, or nn.BatchNorm1d() to see all rows",
            )  # fmt: skip
        return axes


@final
class GroupNorm(_Norm):
    """Split the channels into groups, and bring each group of each row to mean 0 and variance 1.

    Formula: y = w · (x − mean) / √(variance + eps) + b, with one w and one b for a channel. One
    group makes it a LayerNorm of everything, one channel a group an InstanceNorm.

    Shapes: x (N, C, …), y the same; `num_groups` divides C.

    Source: Wu and He, "Group normalization", 2018.

    Parameters
    ----------
    num_groups : how many groups
    eps : what is added to the variance
    affine : whether there are w and b

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> y = nn.GroupNorm(2)(np.random.default_rng(0).normal(size=(3, 4, 5, 5)))
    >>> bool(abs(y[0, :2].mean()) < 1e-6)
    True
    """

    def __init__(self, num_groups: int, *, eps: float = 1e-5, affine: bool = True) -> None:
        self.num_groups = whole_number(num_groups, "num_groups", at_least=1)
        self.eps = number_in(eps, "eps", above=0)
        self.affine = truth(affine, "affine")

    def build(self, x: Spec) -> None:
        """Make scale and shift."""
        row_size(x.shape, "GroupNorm")
        if self.affine:
            self._create_affine(x.shape[1:2])

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each group."""
        groups, elements = self.num_groups, row_size(x.shape, "GroupNorm")
        channels = x.shape[1] or 0
        if channels % groups:
            raise ShapeError(
                "the groups do not divide the channels", got=f"{channels} channels",
                wanted=f"a multiple of num_groups={groups}",
                mend=f"write nn.GroupNorm({math.gcd(channels, groups)})",
            )  # fmt: skip
        if self.affine:
            check_channels(x.spec, self.weight.shape[0])
            x = floating(x, self.weight)
        grouped = x.reshape(-1, groups, elements // groups)
        y = self._standardised(grouped, _moments(grouped, (2,)))
        return self._scaled(reshape(y, [-1, *(extent or 0 for extent in x.shape[1:])]))


class _InstanceNorm(_Norm):
    """Instance normalisation, whatever the rank."""

    _rank: ClassVar[int]

    def __init__(self, *, eps: float = 1e-5, affine: bool = False) -> None:
        self.eps = number_in(eps, "eps", above=0)
        self.affine = truth(affine, "affine")

    def build(self, x: Spec) -> None:
        """Make scale and shift."""
        check_layout(x, self._rank)
        if self.affine:
            self._create_affine(x.shape[1:2])

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each channel of each row."""
        check_layout(x.spec, self._rank)
        if self.affine:
            check_channels(x.spec, self.weight.shape[0])
            x = floating(x, self.weight)
        return self._scaled(self._standardised(x, _moments(x, tuple(range(2, x.ndim)))))


@final
class InstanceNorm1d(_InstanceNorm):
    """Bring each channel of each sequence (N, C, L) to mean 0 and variance 1.

    Formula and parameters are those of :class:`GroupNorm` with one channel a group; by default
    without w and b, as in PyTorch.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", 2016.

    >>> from pellucid import nn
    >>> nn.InstanceNorm1d()([[[1.0, 3.0]]])
    Tensor([[[-0.999995  0.999995]]], float32)
    """

    _rank = 1


@final
class InstanceNorm2d(_InstanceNorm):
    """Bring each channel of each image (N, C, H, W) to mean 0 and variance 1.

    As :class:`InstanceNorm1d`, over height and width.

    >>> from pellucid import nn
    >>> nn.InstanceNorm2d()([[[[1.0, 3.0]]]])
    Tensor([[[[-0.999995  0.999995]]]], float32)
    """

    _rank = 2
