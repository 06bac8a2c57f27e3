import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.sign, np.sign, dtypes=NUMBERS, extremes=each)
