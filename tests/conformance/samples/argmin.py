import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, case, each

SAMPLE = Sample(
    pel.argmin,
    np.argmin,
    cases=(
        case((3, 4), axis=-1), case((3, 4), axis=0), case((3, 4), axis=1, keepdims=True),
        case((1,), axis=0), case((0, 3), axis=1), case((7, 13), axis=0), case((2, 3, 2), axis=1),
    ),
    dtypes=NUMBERS,
    extremes=lambda dtype: [(np.tile(each(dtype)[0][0], 2)[None, k:],) for k in range(4)],
    differentiable=False,
)  # fmt: skip
