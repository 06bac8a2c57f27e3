import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each, in_double

SAMPLE = Sample(
    pel.softplus, in_double(lambda x: np.logaddexp(x, 0)), dtypes=NUMBERS, extremes=each
)
