import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, case

SAMPLE = Sample(
    pel.matmul,
    np.matmul,
    cases=(
        case((2, 3), (3, 4)), case((3,), (3,)), case((3,), (3, 2)), case((2, 3), (3,)),
        case((2, 2, 3), (3, 2)), case((2, 1, 1, 3), (2, 3, 1)), case((2, 3), (2, 3, 1)),
        case((0, 3), (3, 2)), case((2, 0), (0, 2)), case((1, 1), (1, 1)), case((7, 13), (13, 5)),
    ),
    dtypes=NUMBERS,
    ulps=32,
)  # fmt: skip
