import numpy as np

import pellucid as pel
from conformance.sample import BINARY, EVERYTHING, Sample, pairs

SAMPLE = Sample(
    pel.less_equal,
    np.less_equal,
    cases=BINARY,
    dtypes=EVERYTHING,
    extremes=pairs,
    differentiable=False,
)
