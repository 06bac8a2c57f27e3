import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    lambda x, shape: pel.reshape(x, shape),
    np.reshape,
    cases=(
        case((3, 4), shape=(2, 6)), case((3, 4), shape=(-1,)), case((12,), shape=(3, 1, -1)),
        case((1,), shape=()), case((), shape=(1, 1)), case((0, 3), shape=(5, 0)),
        case((7, 13), shape=(13, 7)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
