import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, case

WIDE = {"i": np.int64, "u": np.uint64}


def expected(x, axis=-1):
    return np.cumsum(x, axis=axis, dtype=WIDE.get(x.dtype.kind, x.dtype))


SAMPLE = Sample(
    pel.cumsum,
    expected,
    cases=(
        case((3, 4)), case((3, 4), axis=0), case((5,)), case((0, 3)), case((3, 0)), case((1, 1, 2)),
        case((7, 13), axis=-2),
    ),
    dtypes=NUMBERS,
    ulps=16,
)  # fmt: skip
