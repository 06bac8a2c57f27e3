import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.expm1, np.expm1, dtypes=NUMBERS, extremes=each)
