import numpy as np

from conformance.sample import EVERYTHING, Sample, case
from pellucid.ops import ranks


def expected(x, axis=-1):
    order = np.argsort(x, axis=axis, kind="stable")
    result = np.empty(x.shape, np.int64)
    places = np.expand_dims(np.arange(x.shape[axis]), tuple(range(1, x.ndim)))
    np.put_along_axis(result, order, np.moveaxis(places, 0, axis), axis)
    return result


def edges(dtype):
    limits = np.finfo(dtype)
    return [(np.array([1, np.nan, -np.inf, 0.0, -0.0, np.inf, np.nan, limits.max, 1], dtype),)]


SAMPLE = Sample(
    ranks,
    expected,
    cases=(case((3, 4)), case((3, 4), axis=0), case((9,)), case((0, 3)), case((1, 1, 2)),
           case((7, 13), axis=-2)),
    dtypes=EVERYTHING,
    extremes=edges,
    differentiable=False,
)  # fmt: skip
