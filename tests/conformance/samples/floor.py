import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.floor, np.floor, dtypes=NUMBERS, extremes=each)
