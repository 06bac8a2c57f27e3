import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case

SAMPLE = Sample(
    pel.count,
    lambda x, axis=None: np.asarray(x.size if axis is None else x.shape[axis], np.int64),
    cases=(case((3, 4)), case((3, 4), axis=1), case(()), case((0, 3)), case((7, 13), axis=-2)),
    dtypes=EVERYTHING,
    differentiable=False,
)
