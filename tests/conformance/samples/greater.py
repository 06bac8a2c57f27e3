import numpy as np

import pellucid as pel
from conformance.sample import BINARY, EVERYTHING, Sample, pairs

SAMPLE = Sample(
    pel.greater, np.greater, cases=BINARY, dtypes=EVERYTHING, extremes=pairs, differentiable=False
)
