import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, each

SAMPLE = Sample(pel.isnan, np.isnan, dtypes=EVERYTHING, extremes=each, differentiable=False)
