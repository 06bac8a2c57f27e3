import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    pel.squeeze,
    np.squeeze,
    cases=(
        case((3, 1, 4)), case((1, 3, 1), axis=-1), case((1, 1)), case((0, 1, 3), axis=1),
        case((1, 7, 1, 13), axis=(0, 2)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
