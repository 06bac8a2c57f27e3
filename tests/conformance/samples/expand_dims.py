import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    pel.expand_dims,
    np.expand_dims,
    cases=(
        case((3, 4), axis=1), case((3, 4), axis=(0, -1)), case((), axis=0), case((0, 3), axis=-1),
        case((7, 13), axis=(1, 2)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
