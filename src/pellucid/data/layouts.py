"""Arrays of pictures in the one layout of pellucid: (n, channels, height, width)."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import one_of
from pellucid.data.arrays import as_array
from pellucid.errors import ShapeError

__all__ = ["Layout", "images"]

Layout = Literal["NHW", "NCHW", "NHWC"]
CHANNELS = (1, 3, 4)


def images(X: Any, *, layout: Layout | None = None, name: str = "X") -> NDArray[Any]:
    """Pictures as (n, channels, height, width); values and dtype stay as they are.

    Without `layout` three dimensions are grey pictures, and of four the one of 1, 3 or 4 holds the
    channels, if only one of the second and the last can. What could be meant in two ways is an
    error, never a guess. Pixels are not scaled: ``fit(…, prepare="minmax")`` does that.

    Parameters
    ----------
    X : (n, height, width), (n, channels, height, width) or (n, height, width, channels)
    layout : which of these: ``"NHW"``, ``"NCHW"`` or ``"NHWC"``
    name : what messages call it

    Raises
    ------
    ShapeError : of other dimensions, or not certain

    Examples
    --------
    >>> images(np.zeros((5, 28, 28))).shape, images(np.zeros((5, 32, 32, 3))).shape
    ((5, 1, 28, 28), (5, 3, 32, 32))
    >>> images(np.zeros((5, 3, 32, 3)))
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: X may have its channels in the second or in the last dimension
      where   X
      got     shape (5, 3, 32, 3)
      wanted  (n, channels, height, width) or (n, height, width, channels)
      mend    say which: images(X, layout='NCHW') or layout='NHWC'
    """
    array = as_array(X, name=name)
    if layout is not None:
        one_of(layout, "layout", get_args(Layout))
        if array.ndim != len(layout):
            raise ShapeError(
                f"{name} is not laid out as {layout}",
                where=name,
                got=f"shape {array.shape}",
                wanted=f"{len(layout)} dimensions",
                mend="give the layout of the array, or none: images(X)",
            )
    found = layout or _recognised(array.shape, name)
    if found == "NHW":
        return array[:, None]
    return np.moveaxis(array, -1, 1) if found == "NHWC" else array


def _recognised(shape: tuple[int, ...], name: str) -> Layout:
    if len(shape) == 3:
        if shape[2] not in CHANNELS[1:]:
            return "NHW"
        what = f"{name} may be one picture in colour, or many narrow grey ones"
        wanted = "(n, height, width) or (1, height, width, channels)"
        mend = f"for one picture write {name}[None], for many images({name}, layout='NHW')"
    elif len(shape) == 4:
        second, last = shape[1] in CHANNELS, shape[3] in CHANNELS
        if second != last:
            return "NCHW" if second else "NHWC"
        where = "the second or in the last" if second else "a dimension that is not certain"
        what = f"{name} may have its channels in {where}" + " dimension" * second
        wanted = "(n, channels, height, width) or (n, height, width, channels)"
        mend = f"say which: images({name}, layout='NCHW') or layout='NHWC'"
    else:
        what = f"{name} has not the dimensions of pictures"
        wanted = "(n, height, width) or (n, channels, height, width)"
        mend = f"write numpy.reshape({name}, (-1, channels, height, width)) with these numbers"
    raise ShapeError(what, where=name, got=f"shape {shape}", wanted=wanted, mend=mend)
