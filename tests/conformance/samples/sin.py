import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each

SAMPLE = Sample(pel.sin, np.sin, dtypes=NUMBERS, extremes=each)
