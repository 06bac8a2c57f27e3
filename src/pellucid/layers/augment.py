"""Layers that show every image a little different each time it is trained on, and rest otherwise.

What is drawn is drawn anew for each image at each step, from seed, path and step alone: the same on
every engine, for every dtype and any number of threads. They stand in front of the first layer.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np

from pellucid.arguments import number_in
from pellucid.errors import ArgumentError, DTypeError, ShapeError
from pellucid.functional import getitem
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.layers.inputs import check_layout, shown_shape
from pellucid.layers.module import Module, with_updates
from pellucid.ops.elementwise import cast, cos, floor, maximum, minimum, sin, where
from pellucid.ops.index import take, take_along
from pellucid.ops.random import random_bits
from pellucid.ops.scan import flip
from pellucid.ops.view import reshape
from pellucid.ops.window import pad
from pellucid.shapes import per_axis

__all__ = [
    "RandomCrop", "RandomErasing", "RandomHorizontalFlip", "RandomRotation", "RandomTranslation",
    "RandomVerticalFlip",
]  # fmt: skip


class _Augmentation(Module):
    """What all have in common: images, and numbers that are drawn for each of them."""

    def build(self, x: Spec) -> None:
        """Make the random stream."""
        check_layout(x, 2)
        if None in x.shape[1:]:
            raise ShapeError(
                "the extents of the images must be known", got=shown_shape(x.shape),
                mend="give the placeholder fixed extents beside the batch",
            )  # fmt: skip
        self.create_stream()

    def forward(self, x: Tensor) -> Tensor:
        """Change the images, if this is training."""
        if not self.training:
            return self._still(x)
        return with_updates(self._changed(x), {self.step: self.step + 1})

    @abstractmethod
    def _changed(self, x: Tensor) -> Tensor: ...

    def _still(self, x: Tensor) -> Tensor:
        return x

    def _bits(self, x: Tensor, number: int) -> Tensor:
        """Draw 32 bits for each image, (N, 1, 1, 1); each `number` has a stream of its own."""
        key = self.key ^ np.array([number, self.earlier_calls], np.uint32)
        return random_bits(key, self.step, x[:, :1, :1, :1])

    def _whole(self, x: Tensor, number: int, below: int | Tensor) -> Tensor:
        """Draw a whole number from 0 to below − 1 for each image; in whole numbers throughout."""
        return cast(self._bits(x, number), np.int64) * below // 2**32

    def _happens(self, x: Tensor, number: int, p: float) -> Tensor:
        """Draw whether it happens to an image."""
        return cast(self._bits(x, number), np.int64) < round(p * 2**32)


def _share(p: float) -> float:
    return number_in(p, "p", low=0, high=1)


def _extents(x: Tensor) -> tuple[int, int]:
    height, width = x.shape[2:]
    assert height is not None
    assert width is not None
    return height, width


def _picked(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Pick pixels: `rows` and `columns` broadcast to (N, 1, H, W), the same for every channel."""
    channels, (height, width) = x.shape[1], _extents(x)
    assert channels is not None
    places = rows * width + columns + np.zeros((channels, 1, 1), np.int64)
    down, across = _extents(places)
    flat = take_along(
        reshape(x, -1, channels, height * width), reshape(places, -1, channels, down * across)
    )
    return reshape(flat, -1, channels, down, across)


# --- mirrored ------------------------------------------------------------------------------


class _RandomFlip(_Augmentation):
    """Mirrored along an axis, whichever."""

    _axis: ClassVar[int]

    def __init__(self, p: float = 0.5) -> None:
        self.p = _share(p)

    def _changed(self, x: Tensor) -> Tensor:
        return where(self._happens(x, 0, self.p), flip(x, self._axis), x)


@final
class RandomHorizontalFlip(_RandomFlip):
    """Swap left and right of an image with probability `p`, in training.

    Only for classes that a mirror does not change: a coat stays a coat, a 3 is no 3 any more.

    Shapes: (N, C, H, W) stays.

    Parameters
    ----------
    p : how often, from 0 to 1

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.RandomHorizontalFlip(p=1)([[[[1.0, 2.0, 3.0]]]], training=True)
    Tensor([[[[3. 2. 1.]]]], float32)
    """

    _axis = 3


@final
class RandomVerticalFlip(_RandomFlip):
    """Swap top and bottom of an image with probability `p`, in training.

    Shapes: (N, C, H, W) stays.

    Parameters
    ----------
    p : how often, from 0 to 1

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.RandomVerticalFlip(p=1)([[[[1.0], [2.0]]]], training=True)
    Tensor([[[[2.]
       [1.]]]], float32)
    """

    _axis = 2


# --- moved ---------------------------------------------------------------------------------


@final
class RandomTranslation(_Augmentation):
    """Shift an image by whole pixels, as far as `most` down or up and right or left, in training.

    Formula: y[i, j] = x[i − d, j − r], with d and r drawn evenly from −most … most; `fill` where
    nothing was.

    Shapes: (N, C, H, W) stays.

    Parameters
    ----------
    most : pixels: one number, or one for down and up and one for right and left
    fill : what comes in at the border

    Examples
    --------
    >>> from pellucid import nn
    >>> shift = nn.RandomTranslation((0, 1))
    >>> shift.seed(1)
    >>> shift([[[[1.0, 2.0, 3.0]]]] * 3, training=True).numpy()[:, 0, 0]
    array([[1., 2., 3.],
           [2., 3., 0.],
           [2., 3., 0.]], dtype=float32)
    """

    def __init__(self, most: int | Sequence[int], fill: float = 0.0) -> None:
        self.most = per_axis(most, 2, "RandomTranslation", "most", low=0)
        self.fill = number_in(fill, "fill")

    def _changed(self, x: Tensor) -> Tensor:
        return _cropped(self, x, _extents(x), self.most, self.fill)


@final
class RandomCrop(_Augmentation):
    """Cut out a part of `size` at a random place; in evaluation the part in the middle.

    Shapes: (N, C, H, W) gives (N, C, *size).

    Parameters
    ----------
    size : height and width of the part: one number, or two
    padding : pixels that are put on each side first: one number, or one for top and bottom and one
        for left and right. With the size of the image, ``RandomCrop(32, padding=4)`` shifts it.
    fill : the value of these pixels

    Raises
    ------
    ShapeError : for images that are smaller, with their padding, than the part

    Examples
    --------
    >>> from pellucid import nn
    >>> crop = nn.RandomCrop((1, 2))
    >>> crop.seed(1)
    >>> crop([[[[1.0, 2.0, 3.0, 4.0]]]] * 3, training=True).numpy()[:, 0, 0]
    array([[2., 3.],
           [3., 4.],
           [3., 4.]], dtype=float32)
    >>> crop([[[[1.0, 2.0, 3.0, 4.0]]]])
    Tensor([[[[2. 3.]]]], float32)
    """

    def __init__(
        self, size: int | Sequence[int], padding: int | Sequence[int] = 0, fill: float = 0.0
    ) -> None:
        self.size = per_axis(size, 2, "RandomCrop", "size")
        self.padding = per_axis(padding, 2, "RandomCrop", "padding", low=0)
        self.fill = number_in(fill, "fill")

    def build(self, x: Spec) -> None:
        """Check that the images are large enough, and make the random stream."""
        super().build(x)
        for extent, size, around in zip(x.shape[2:], self.size, self.padding, strict=True):
            if extent is not None and extent + 2 * around < size:
                raise ShapeError(
                    "the images are smaller than what is to be cut out of them",
                    got=f"{shown_shape(x.shape)}, size={self.size}, padding={self.padding}",
                    wanted="size ≤ extent + 2 · padding", mend="make size smaller, or pad more",
                )  # fmt: skip

    def _changed(self, x: Tensor) -> Tensor:
        return _cropped(self, x, self.size, self.padding, self.fill)

    def _still(self, x: Tensor) -> Tensor:
        (height, width), (down, across) = self.size, self.padding
        x = _framed(x, down, across, self.fill)
        top, left = (_extents(x)[0] - height) // 2, (_extents(x)[1] - width) // 2
        return getitem(x, (..., slice(top, top + height), slice(left, left + width)))


def _framed(x: Tensor, down: int, across: int, fill: float) -> Tensor:
    return pad(x, ((0, 0), (0, 0), (down, down), (across, across)), fill)


def _cropped(
    layer: _Augmentation, x: Tensor, size: Sequence[int], around: Sequence[int], fill: float
) -> Tensor:
    """Put a frame around the images, and cut out parts that begin anywhere."""
    x = _framed(x, around[0], around[1], fill)
    (height, width), (whole_height, whole_width) = size, _extents(x)
    top = layer._whole(x, 0, whole_height - height + 1)
    left = layer._whole(x, 1, whole_width - width + 1)
    return _picked(x, top + np.arange(height)[:, None], left + np.arange(width))


# --- turned --------------------------------------------------------------------------------


@final
class RandomRotation(_Augmentation):
    """Turn an image about its middle by an angle of at most `degrees`, in training.

    Formula: y[i, j] = x at (cos a · i + sin a · j, cos a · j − sin a · i), counted from the middle,
    with a drawn evenly from −degrees … degrees; between pixels it is interpolated (bilinearly), and
    outside it is `fill`.

    Shapes: (N, C, H, W) stays; floating images.

    Parameters
    ----------
    degrees : the greatest angle, from 0 to 180, against the clock or with it
    fill : what comes in at the border

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> turn = nn.RandomRotation(10)
    >>> turn(np.ones((2, 1, 5, 5)), training=True).numpy()[:, 0, 2, 2]
    array([1., 1.], dtype=float32)
    """

    def __init__(self, degrees: float, fill: float = 0.0) -> None:
        self.degrees = number_in(degrees, "degrees", low=0, high=180)
        self.fill = number_in(fill, "fill")

    def _changed(self, x: Tensor) -> Tensor:
        if x.dtype.kind != "f":
            raise DTypeError(
                "pixels that are turned are interpolated: they must be floating", got=str(x.dtype),
                mend='write images.astype("float32")',
            )  # fmt: skip
        share = cast(self._bits(x, 0) // 2**8, x.dtype) * 2.0**-23 - 1.0  # exact in any dtype
        angle = share * math.radians(self.degrees)
        (height, width), (cosine, sine) = _extents(x), (cos(angle), sin(angle))
        i = np.arange(height, dtype=x.dtype)[:, None] - (height - 1) / 2
        j = np.arange(width, dtype=x.dtype) - (width - 1) / 2
        down = cosine * i + sine * j + (height - 1) / 2
        across = cosine * j - sine * i + (width - 1) / 2
        return _interpolated(_framed(x, 1, 1, self.fill), down + 1.0, across + 1.0)


def _interpolated(x: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Mix the four pixels around each place; places beyond the images lie on their frame."""
    (above, below, lower), (left, right, later) = (
        _neighbours(place, extent)
        for place, extent in zip((down, across), _extents(x), strict=True)
    )
    upper = _picked(x, above, left) * (1.0 - later) + _picked(x, above, right) * later
    under = _picked(x, below, left) * (1.0 - later) + _picked(x, below, right) * later
    return upper * (1.0 - lower) + under * lower


def _neighbours(place: Tensor, extent: int) -> tuple[Tensor, Tensor, Tensor]:
    """Give the pixels before and after a place along an axis, and the share of the second."""
    inside = maximum(minimum(place, extent - 1.0), 0.0)
    before = minimum(floor(inside), extent - 2.0)
    first = cast(before, np.int64)
    return first, first + 1, inside - before


# --- hidden --------------------------------------------------------------------------------


@final
class RandomErasing(_Augmentation):
    """Hide a rectangle of an image with probability `p`, in training.

    Its share of the area and its height over its width are drawn from their ranges (the latter
    evenly on a logarithmic scale), of the rectangles that fit into the image; then its place.

    Shapes: (N, C, H, W) stays.

    Source: Zhong and others, "Random erasing data augmentation", 2017.

    Parameters
    ----------
    p : how often, from 0 to 1
    scale : least and greatest share of the area
    ratio : least and greatest height over width
    value : what is put in its place

    Raises
    ------
    ShapeError : for images into which no such rectangle fits

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> hide = nn.RandomErasing(p=1, scale=(0.25, 0.25), ratio=(1, 1))
    >>> float(hide(np.ones((1, 1, 8, 8)), training=True).sum())
    48.0
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float = 0.0,
    ) -> None:
        self.p = _share(p)
        self.scale = _range(scale, "scale", high=1)
        self.ratio = _range(ratio, "ratio")
        self.value = number_in(value, "value")

    def _changed(self, x: Tensor) -> Tensor:
        height, width = _extents(x)
        sizes = self._sizes(height, width)
        drawn = self._whole(x, 0, len(sizes))
        tall, wide = take(sizes[:, 0], drawn), take(sizes[:, 1], drawn)
        top, left = self._whole(x, 1, height + 1 - tall), self._whole(x, 2, width + 1 - wide)
        i, j = np.arange(height)[:, None], np.arange(width)
        inside = (i >= top) & (i < top + tall) & (j >= left) & (j < left + wide)
        return where(inside & self._happens(x, 3, self.p), x.dtype.type(self.value), x)

    def _sizes(self, height: int, width: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """List heights and widths of rectangles, evenly over both ranges.

        They are listed here and drawn by number, so that no rounding depends on an engine.
        """
        area = height * width * np.linspace(*self.scale, 64)[:, None]
        ratio = np.geomspace(*self.ratio, 64)
        found = np.stack([np.sqrt(area * ratio), np.sqrt(area / ratio)], axis=-1).round()
        sizes = np.maximum(found, 1).astype(np.int64).reshape(-1, 2)
        fits = sizes[(sizes <= (height, width)).all(axis=1)]
        if not len(fits):
            raise ShapeError(
                "no rectangle of these ranges fits into the images",
                got=f"images of {height} × {width}, scale={self.scale}, ratio={self.ratio}",
                mend="make the scale smaller, or bring the ratio nearer to 1",
            )
        return fits


def _range(ends: Sequence[float], name: str, high: float | None = None) -> tuple[float, float]:
    """Check the two ends of a range of positive numbers."""
    if isinstance(ends, (tuple, list)) and len(ends) == 2:
        first, last = (number_in(end, name, above=0, high=high) for end in ends)
        if first <= last:
            return first, last
    raise ArgumentError(
        f"{name} is a range", got=f"{name}={ends!r}", wanted="the least and the greatest",
        mend=f"write {name}=({0.1 if high else 0.5}, {0.3 if high else 2})",
    )  # fmt: skip
