import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.negative, np.negative, dtypes=NUMBERS, extremes=each)
