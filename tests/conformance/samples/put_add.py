import numpy as np

from conformance.sample import NUMBERS, Domain, Sample, case, through


def expected(like, indices, g, axis):
    result = np.zeros(like.shape, g.dtype)
    for place in np.ndindex(indices.shape):
        one = (*[slice(None)] * axis, indices[place])
        result[one] += g[(*[slice(None)] * axis, *place)]
    return result


SAMPLE = Sample(
    through("put_add"),
    expected,
    cases=(
        case((5, 2), (3,), (3, 2), axis=0), case((2, 5), (2, 2), (2, 2, 2), axis=1),
        case((5,), (), (), axis=0), case((5, 2), (0,), (0, 2), axis=0),
        case((5, 1), (13,), (13, 1), axis=0),
    ),
    domains=(Domain(), Domain(-5, 4, "int64"), Domain()),
    dtypes=NUMBERS,
    ulps=16,
)  # fmt: skip
