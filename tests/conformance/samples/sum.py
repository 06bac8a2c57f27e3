import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case, each

SAMPLE = Sample(
    pel.sum,
    np.sum,
    cases=(
        case((3, 4)), case((3, 4), axis=0), case((3, 4), axis=-1, keepdims=True),
        case((2, 3, 2), axis=(0, 2)), case((2, 3, 2), axis=(-1, 0), keepdims=True), case(()),
        case((0, 3)), case((2, 0, 3), axis=1), case((1,)), case((3,), axis=()),
        case((7, 13), axis=0),
    ),
    dtypes=EVERYTHING,
    extremes=each,
    ulps=64,
)  # fmt: skip
