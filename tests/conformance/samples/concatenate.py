import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    lambda *tensors, axis: pel.concatenate(tensors, axis),
    lambda *arrays, axis: np.concatenate(arrays, axis),
    cases=(
        case((2, 3), (1, 3), axis=0), case((2, 3), (2, 1), (2, 2), axis=-1), case((4,), axis=0),
        case((0, 3), (2, 3), (0, 3), axis=0), case((2, 1, 2), (2, 3, 2), axis=1),
        case((7, 5), (7, 13), axis=1),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
