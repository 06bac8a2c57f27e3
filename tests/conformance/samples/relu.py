import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.relu, lambda x: np.maximum(x, 0), dtypes=NUMBERS, extremes=each)
