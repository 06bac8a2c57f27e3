import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.exp, np.exp, dtypes=NUMBERS, extremes=each)
