import numpy as np

from conformance.sample import NUMBERS, Domain, Sample, case, through


def expected(like, indices, g, axis):
    result = np.zeros(like.shape, g.dtype)
    for place in np.ndindex(indices.shape):
        result[(*place[:axis], indices[place], *place[axis + 1 :])] += g[place]
    return result


SAMPLE = Sample(
    through("put_along_add"),
    expected,
    cases=(
        case((3, 4), (3, 1), (3, 1), axis=1), case((4, 2), (5, 2), (5, 2), axis=0),
        case((4,), (0,), (0,), axis=0), case((2, 4, 2), (2, 3, 2), (2, 3, 2), axis=1),
    ),
    domains=(Domain(), Domain(-4, 3, "int64"), Domain()),
    dtypes=NUMBERS,
    ulps=16,
)  # fmt: skip
