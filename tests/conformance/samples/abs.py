import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, each

SAMPLE = Sample(pel.abs, np.abs, dtypes=EVERYTHING, extremes=each)
