import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    pel.broadcast_to,
    np.broadcast_to,
    cases=(
        case((3, 1), shape=(3, 4)), case((), shape=(2, 3)), case((4,), shape=(3, 4)),
        case((1, 1), shape=(2, 3, 1)), case((1, 3), shape=(0, 3)), case((13,), shape=(7, 13)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
