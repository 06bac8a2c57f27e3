"""Convolutions: kernels that slide over sequences and images, and their transposes."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, final

from pellucid.arguments import one_of, truth, whole_number
from pellucid.errors import ArgumentError, PellucidWarning, ShapeError
from pellucid.functional import activation as find_activation
from pellucid.functional import conv_transposed, pad
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.layers.constraint import Constraint, constrained
from pellucid.layers.init import Initializer, Uniform, fans, initializer
from pellucid.layers.inputs import (
    channels_last,
    check_channels,
    check_fit,
    check_layout,
    floating,
    shown_shape,
)
from pellucid.layers.module import Module
from pellucid.layers.penalty import Penalty, penalised
from pellucid.ops.conv import conv
from pellucid.shapes import Shape, pairs, per_axis

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

Extents = int | Sequence[int]
Sizes = tuple[int, ...]
PADDING_MODES = ("constant", "reflect", "mirror", "nearest", "wrap")
TORCH_MODES = {"zeros": "constant", "replicate": "nearest", "circular": "wrap"}


class _Kernels(Module):
    """What all have in common: kernels for each channel that comes out, and how they start."""

    _rank: ClassVar[int]

    def __init__(
        self,
        out_channels: int,
        kernel_size: Extents,
        stride: Extents,
        dilation: Extents,
        groups: int,
        bias: bool,
        activation: str | Callable[..., Tensor] | None,
        weight_init: str | Initializer | None,
        bias_init: str | Initializer | None,
        penalty: Penalty | None,
        constraint: Constraint | None,
    ) -> None:
        self.out_channels = whole_number(out_channels, "out_channels", at_least=1)
        self.kernel_size = self._per_axis(kernel_size, "kernel_size")
        self.stride = self._per_axis(stride, "stride")
        self.dilation = self._per_axis(dilation, "dilation")
        self.groups = whole_number(groups, "groups", at_least=1)
        if self.out_channels % self.groups:
            raise ArgumentError(
                "the groups do not divide the channels that come out",
                got=f"out_channels={self.out_channels}, groups={self.groups}",
                wanted="out_channels that is a multiple of groups",
                mend=f"write groups={math.gcd(self.out_channels, self.groups)}",
            )  # fmt: skip
        self.has_bias = truth(bias, "bias")
        self.activation = None if activation is None else find_activation(activation)
        self.weight_init = None if weight_init is None else initializer(weight_init)
        self.bias_init = None if bias_init is None else initializer(bias_init)
        self.weight_penalty, self.weight_constraint = penalised(penalty), constrained(constraint)

    def _per_axis(self, value: Extents, name: str, low: int = 1) -> Sizes:
        return per_axis(value, self._rank, type(self).__name__, name, low=low)

    def _check_fit(self, shape: Shape) -> None:
        """Check that the kernel fits on an input of this shape; a transposed one always does."""

    @abstractmethod
    def _kernel_shape(self, channels: int) -> Sizes:
        """Give the shape of W, without its window, for the channels that come in."""

    @abstractmethod
    def _slid(self, x: Tensor) -> Tensor:
        """Slide the kernels over x."""

    def build(self, x: Spec) -> None:
        """Make W and b for the channels of `x`."""
        check_layout(x, self._rank)
        self._check_fit(x.shape)
        if channels_last(x.shape):
            warnings.warn(
                f"{self._place()} sees {x.shape[1]} channels of {x.shape[2]} × {x.shape[3]}: "
                "if the channels stand last, write x.transpose(0, 3, 1, 2)",
                PellucidWarning, stacklevel=2,
            )  # fmt: skip
        channels = x.shape[1]
        if not channels or channels % self.groups:
            raise ShapeError(
                "the groups do not divide the channels that come in" if channels
                else "there are no channels, or their number is not known",
                got=f"shape {shown_shape(x.shape)}, groups={self.groups}",
                wanted=f"channels, at axis 1, that are a multiple of {self.groups}",
                mend=f"write groups={math.gcd(channels, self.groups)}" if channels
                else "give inputs of a fixed number of channels",
            )  # fmt: skip
        shape = (*self._kernel_shape(channels), *self.kernel_size)
        bound = 1 / math.sqrt(fans(shape, "")[0])
        default = Uniform(-bound, bound)
        self.create(
            "weight", shape, self.weight_init or default,
            penalty=self.weight_penalty, constraint=self.weight_constraint,
        )  # fmt: skip
        if self.has_bias:
            self.create("bias", (self.out_channels,), self.bias_init or default)
        self._set("_channels", channels)

    def forward(self, x: Tensor) -> Tensor:
        """Slide the kernels over x, add the bias, apply the activation."""
        check_layout(x.spec, self._rank)
        check_channels(x.spec, self._channels)
        self._check_fit(x.shape)
        y = self._slid(floating(x, self.weight))
        if self.has_bias:
            y = y + self.bias.reshape(-1, *[1] * self._rank)
        return y if self.activation is None else self.activation(y)


# --- convolutions --------------------------------------------------------------------------


class _Conv(_Kernels):
    """A convolution, whatever the rank."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Extents,
        stride: Extents = 1,
        padding: str | int | Sequence[Any] = 0,
        *,
        dilation: Extents = 1,
        groups: int = 1,
        bias: bool = True,
        activation: str | Callable[..., Tensor] | None = None,
        weight_init: str | Initializer | None = None,
        bias_init: str | Initializer | None = None,
        penalty: Penalty | None = None,
        constraint: Constraint | None = None,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__(
            out_channels, kernel_size, stride, dilation, groups, bias, activation, weight_init,
            bias_init, penalty, constraint,
        )  # fmt: skip
        self.padding = self._around(padding)
        if padding_mode in TORCH_MODES:
            raise ArgumentError(
                f"padding_mode={padding_mode!r} is PyTorch's name",
                mend=f"write padding_mode={TORCH_MODES[padding_mode]!r}",
            )
        self.padding_mode = one_of(padding_mode, "padding_mode", PADDING_MODES)

    def _around(self, padding: str | int | Sequence[Any]) -> tuple[tuple[int, int], ...]:
        """Say how much goes before and after each axis."""
        if not isinstance(padding, str):
            return pairs(padding, self._rank, type(self).__name__, "padding")
        if one_of(padding, "padding", ("valid", "same")) == "valid":
            return ((0, 0),) * self._rank
        if max(self.stride) > 1:
            raise ArgumentError(
                'padding="same" keeps the extents, and a stride above 1 makes them smaller',
                got=f"stride={self.stride}", wanted="stride=1",
                mend=f"write padding={self.kernel_size[0] // 2}",
            )  # fmt: skip
        more = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in more)

    def _check_fit(self, shape: Shape) -> None:
        check_fit(shape, self.kernel_size, self.dilation, self.padding)

    def _kernel_shape(self, channels: int) -> Sizes:
        return self.out_channels, channels // self.groups

    def _slid(self, x: Tensor) -> Tensor:
        around: Any = self.padding
        if self.padding_mode != "constant":
            x, around = pad(x, ((0, 0), (0, 0), *around), self.padding_mode), 0
        return conv(
            x, self.weight, stride=self.stride, padding=around, dilation=self.dilation,
            groups=self.groups,
        )  # fmt: skip


@final
class Conv2d(_Conv):
    """Slide small kernels over images: each result sees a window of all channels.

    Formula: y[n, o, i, j] = f(b[o] + Σ W[o, c, k, l] · x[n, c, s i + d k, s j + d l]), summed over
    c, k and l, on the padded x. The kernel is not flipped, as in every framework.

    Shapes: x (N, C, H, W), W (out_channels, C / groups, k, l), b (out_channels,), y (N,
    out_channels, H′, W′) with H′ = ⌊(H + padding before and after − d (k − 1) − 1) / s⌋ + 1. The
    channels of x are counted at the first call.

    Source: LeCun and others, "Gradient-based learning applied to document recognition", 1998.

    Parameters
    ----------
    out_channels : how many kernels there are, and channels come out
    kernel_size : k and l: one number, or two
    stride : s, how far the kernel moves at a time
    padding : how much is put around: a number, one for each axis, or a pair (before, after) for
        each; "same" keeps the extents, "valid" is 0
    dilation : d, the distance between the taps of a kernel
    groups : parts into which the channels fall, each with kernels of its own; ``groups=C`` is
        depth-wise
    bias : whether there is a b
    padding_mode : "constant" (zeros), or "reflect", "mirror", "nearest", "wrap" as in
        :func:`pellucid.pad`; PyTorch calls mirror "reflect", nearest "replicate", wrap "circular"
    activation : f: a name such as "relu", or anything callable on a tensor
    weight_init, bias_init : how W and b start; by default evenly from ±1/√(inputs of a kernel)
    penalty, constraint : of W, as for :class:`Linear`

    Raises
    ------
    ShapeError : for another rank or number of channels, and a kernel larger than the padded input
    ArgumentError : for settings out of range, and groups that do not divide the channels

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> layer = nn.Conv2d(32, kernel_size=3, padding=1, activation="relu")
    >>> layer(np.zeros((5, 1, 28, 28))).shape, layer.weight.shape
    ((5, 32, 28, 28), (32, 1, 3, 3))
    """

    _rank = 2


@final
class Conv1d(_Conv):
    """Slide small kernels over sequences (N, C, L): :class:`Conv2d` with one axis of space.

    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.Conv1d(4, kernel_size=5, stride=2)(np.zeros((3, 2, 101))).shape
    (3, 4, 49)
    """

    _rank = 1


# --- transposed convolutions ---------------------------------------------------------------


class _ConvTranspose(_Kernels):
    """A transposed convolution, whatever the rank."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Extents,
        stride: Extents = 1,
        padding: Extents = 0,
        *,
        output_padding: Extents = 0,
        dilation: Extents = 1,
        groups: int = 1,
        bias: bool = True,
        activation: str | Callable[..., Tensor] | None = None,
        weight_init: str | Initializer | None = None,
        bias_init: str | Initializer | None = None,
        penalty: Penalty | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        super().__init__(
            out_channels, kernel_size, stride, dilation, groups, bias, activation, weight_init,
            bias_init, penalty, constraint,
        )  # fmt: skip
        self.padding = self._per_axis(padding, "padding", low=0)
        self.output_padding = self._per_axis(output_padding, "output_padding", low=0)

    def _kernel_shape(self, channels: int) -> Sizes:
        return channels, self.out_channels // self.groups

    def _slid(self, x: Tensor) -> Tensor:
        return conv_transposed(
            x, self.weight, stride=self.stride, padding=self.padding, dilation=self.dilation,
            output_padding=self.output_padding, groups=self.groups,
        )  # fmt: skip


@final
class ConvTranspose2d(_ConvTranspose):
    """Spread each element over a window: what leads a :class:`Conv2d` back to larger images.

    Formula: the map whose matrix is the transpose of the convolution's. Shapes: x (N, C, H, W),
    W (C, out_channels / groups, k, l), y (N, out_channels, H′, W′) with
    H′ = (H − 1) · stride − 2 · padding + d (k − 1) + 1 + output_padding.

    Source: Zeiler and others, "Deconvolutional networks", 2010.

    Parameters
    ----------
    padding : how much is cut off on each side
    output_padding : how much longer the result is at the far side, less than stride or dilation:
        with a stride several extents lead to the same H, and this chooses
    stride, dilation, groups, bias, activation, weight_init, bias_init, penalty, constraint : as
        for :class:`Conv2d`; the units of W are counted by axis 1: ``nn.MaxNorm(3.0, axis=1)``

    Raises
    ------
    ShapeError, ArgumentError : as for :class:`Conv2d`, and when nothing would be left

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> layer = nn.ConvTranspose2d(3, kernel_size=4, stride=2, padding=1)
    >>> layer(np.zeros((5, 8, 7, 7))).shape
    (5, 3, 14, 14)
    """

    _rank = 2


@final
class ConvTranspose1d(_ConvTranspose):
    """:class:`ConvTranspose2d` with one axis of space: x (N, C, L).

    >>> import numpy as np
    >>> from pellucid import nn
    >>> nn.ConvTranspose1d(3, kernel_size=2, stride=2)(np.zeros((5, 8, 7))).shape
    (5, 3, 14)
    """

    _rank = 1
