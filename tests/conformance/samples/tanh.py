import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.tanh, np.tanh, dtypes=NUMBERS, extremes=each)
