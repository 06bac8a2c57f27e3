"""Pooling: the greatest or the mean of windows, which makes images smaller."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

from pellucid.arguments import truth
from pellucid.errors import ArgumentError, ShapeError
from pellucid.functional import adaptive_avg_pool, avg_pool, max_pool
from pellucid.graph.tensor import Tensor
from pellucid.layers.inputs import check_fit, check_layout, shown_shape
from pellucid.layers.module import Module
from pellucid.ops.reduce import max as greatest
from pellucid.ops.reduce import mean
from pellucid.ops.view import concatenate
from pellucid.shapes import per_axis

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AvgPool1d",
    "AvgPool2d", "GlobalAvgPool", "GlobalMaxPool", "MaxPool1d", "MaxPool2d",
]  # fmt: skip

Extents = int | Sequence[int]


# --- windows of a given extent -------------------------------------------------------------


class _Pool(Module):
    """What all have in common: windows that slide."""

    _rank: ClassVar[int]

    def _settle(
        self, kernel_size: Extents, stride: Extents | None, padding: Extents, ceil_mode: bool
    ) -> None:
        self.kernel_size = self._per_axis(kernel_size, "kernel_size")
        self.stride = self.kernel_size if stride is None else self._per_axis(stride, "stride")
        self.padding = self._per_axis(padding, "padding", low=0)
        self.ceil_mode = truth(ceil_mode, "ceil_mode")
        for k, p in zip(self.kernel_size, self.padding, strict=True):
            if p > k // 2:
                raise ArgumentError(
                    "a window would see nothing but padding",
                    got=f"kernel_size={self.kernel_size}, padding={self.padding}",
                    wanted="padding of at most half a kernel", mend=f"write padding={k // 2}",
                )  # fmt: skip

    def _per_axis(self, value: Extents, name: str, low: int = 1) -> tuple[int, ...]:
        return per_axis(value, self._rank, type(self).__name__, name, low=low)

    def _check(self, x: Tensor, dilation: tuple[int, ...]) -> None:
        check_layout(x.spec, self._rank)
        around = [(p, p) for p in self.padding]
        check_fit(x.shape, self.kernel_size, dilation, around)


class _MaxPool(_Pool):
    """Max pooling, whatever the rank."""

    def __init__(
        self,
        kernel_size: Extents,
        stride: Extents | None = None,
        padding: Extents = 0,
        *,
        dilation: Extents = 1,
        ceil_mode: bool = False,
    ) -> None:
        self._settle(kernel_size, stride, padding, ceil_mode)
        self.dilation = self._per_axis(dilation, "dilation")

    def forward(self, x: Tensor) -> Tensor:
        """Keep the greatest element of each window."""
        self._check(x, self.dilation)
        return max_pool(
            x, self.kernel_size, self.stride, padding=self.padding, dilation=self.dilation,
            ceil=self.ceil_mode,
        )  # fmt: skip


@final
class MaxPool2d(_MaxPool):
    """Keep the greatest element of each window of images (N, C, H, W).

    Elements that tie for the greatest share the gradient equally.

    Parameters
    ----------
    kernel_size : the extents of a window: one number, or two
    stride : how far it moves at a time; by default its own extents, so that none overlap
    padding : how many places are put on each side; they never win
    dilation : the distance between the elements that a window sees
    ceil_mode : keep also the windows at the far edge that are not whole

    Raises
    ------
    ShapeError : for another rank, and for a window larger than the padded input

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.MaxPool2d(2)([[[[1.0, 5.0, 2.0], [3.0, 4.0, 9.0]]]])
    Tensor([[[[5.]]]], float32)
    """

    _rank = 2


@final
class MaxPool1d(_MaxPool):
    """:class:`MaxPool2d` with one axis of space: x (N, C, L).

    >>> from pellucid import nn
    >>> nn.MaxPool1d(2, ceil_mode=True)([[[1.0, 5.0, 2.0]]])
    Tensor([[[5. 2.]]], float32)
    """

    _rank = 1


class _AvgPool(_Pool):
    """Average pooling, whatever the rank."""

    def __init__(
        self,
        kernel_size: Extents,
        stride: Extents | None = None,
        padding: Extents = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self._settle(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = truth(count_include_pad, "count_include_pad")

    def forward(self, x: Tensor) -> Tensor:
        """Average each window."""
        self._check(x, (1,) * self._rank)
        return avg_pool(
            x, self.kernel_size, self.stride, padding=self.padding, ceil=self.ceil_mode,
            count_padding=self.count_include_pad,
        )  # fmt: skip


@final
class AvgPool2d(_AvgPool):
    """Average each window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode : as for :class:`MaxPool2d`
    count_include_pad : divide also by the zeros of the padding; else by what lies inside

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.AvgPool2d(2)([[[[1.0, 5.0, 2.0], [3.0, 3.0, 9.0]]]])
    Tensor([[[[3.]]]], float32)
    """

    _rank = 2


@final
class AvgPool1d(_AvgPool):
    """:class:`AvgPool2d` with one axis of space: x (N, C, L).

    >>> from pellucid import nn
    >>> nn.AvgPool1d(2)([[[1.0, 5.0, 2.0]]])
    Tensor([[[3.]]], float32)
    """

    _rank = 1


# --- a given number of windows -------------------------------------------------------------


class _Adaptive(Module):
    """What all have in common: how many windows there are along each axis."""

    _rank: ClassVar[int]

    def __init__(self, output_size: Extents) -> None:
        self.output_size = per_axis(output_size, self._rank, type(self).__name__, "output_size")

    def forward(self, x: Tensor) -> Tensor:
        """Fold each window into one element."""
        check_layout(x.spec, self._rank)
        if None in x.shape[2:] or 0 in x.shape[2:]:
            raise ShapeError(
                "the extents must be known, and at least 1, to be divided into windows",
                got=f"shape {shown_shape(x.shape)}",
                mend="give inputs of fixed extents, or use nn.GlobalAvgPool() for a single window",
            )  # fmt: skip
        return self._folded(x)

    @abstractmethod
    def _folded(self, x: Tensor) -> Tensor:
        """Do it."""


class _AdaptiveAvgPool(_Adaptive):
    def _folded(self, x: Tensor) -> Tensor:
        return adaptive_avg_pool(x, self.output_size)


class _AdaptiveMaxPool(_Adaptive):
    def _folded(self, x: Tensor) -> Tensor:
        for axis, places in enumerate(self.output_size, start=2):  # one axis after the other
            extent = x.shape[axis] or 0
            lead = (slice(None),) * axis
            windows = [
                x[(*lead, slice(k * extent // places, -(-(k + 1) * extent // places)))]
                for k in range(places)
            ]
            x = concatenate([greatest(window, axis, keepdims=True) for window in windows], axis)
        return x


@final
class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Average images of any extents (N, C, H, W) into `output_size` places, down and across.

    Window i of m along an axis of n covers ⌊i n / m⌋ … ⌈(i + 1) n / m⌉ − 1, as in PyTorch.

    Parameters
    ----------
    output_size : how many places along each axis: one number, or two

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.AdaptiveAvgPool2d(7)(np.zeros((5, 3, 30, 17))).shape
    (5, 3, 7, 7)
    """

    _rank = 2


@final
class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """:class:`AdaptiveAvgPool2d` with one axis of space: x (N, C, L).

    >>> from pellucid import nn
    >>> nn.AdaptiveAvgPool1d(2)([[[1.0, 5.0, 2.0]]])
    Tensor([[[3.  3.5]]], float32)
    """

    _rank = 1


@final
class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """:class:`AdaptiveAvgPool2d` with the greatest element in place of the mean.

    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.AdaptiveMaxPool2d((1, 2))(np.zeros((5, 3, 30, 17))).shape
    (5, 3, 1, 2)
    """

    _rank = 2


@final
class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """:class:`AdaptiveMaxPool2d` with one axis of space: x (N, C, L).

    >>> from pellucid import nn
    >>> nn.AdaptiveMaxPool1d(2)([[[1.0, 5.0, 2.0]]])
    Tensor([[[5. 5.]]], float32)
    """

    _rank = 1


# --- one window ----------------------------------------------------------------------------


class _Global(Module):
    """What both have in common: all axes behind rows and channels."""

    def _axes(self, x: Tensor) -> tuple[int, ...]:
        if x.ndim < 3:
            check_layout(x.spec, 2)
        return tuple(range(2, x.ndim))


@final
class GlobalAvgPool(_Global):
    """Average each channel over all of space: (N, C, H, W) or (N, C, L) gives (N, C).

    Source: Lin, Chen and Yan, "Network in network", 2014.

    >>> from pellucid import nn
    >>> nn.GlobalAvgPool()([[[[1.0, 5.0], [3.0, 3.0]]]])
    Tensor([[3.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Average each channel."""
        return mean(x, self._axes(x))


@final
class GlobalMaxPool(_Global):
    """Keep the greatest element of each channel: (N, C, H, W) or (N, C, L) gives (N, C).

    >>> from pellucid import nn
    >>> nn.GlobalMaxPool()([[[[1.0, 5.0], [3.0, 3.0]]]])
    Tensor([[5.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Keep the greatest."""
        return greatest(x, self._axes(x))
