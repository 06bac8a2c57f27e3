import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    pel.transpose,
    np.transpose,
    cases=(
        case((3, 4)), case((2, 3, 4), axes=(1, 2, 0)), case((2, 3, 2), axes=(-1, 0, 1)),
        case((0, 3)), case((1, 5)), case((7, 13)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
