import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.ceil, np.ceil, dtypes=NUMBERS, extremes=each)
