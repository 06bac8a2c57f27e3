import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.cos, np.cos, dtypes=NUMBERS, extremes=each)
