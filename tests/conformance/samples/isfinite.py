import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, each

SAMPLE = Sample(pel.isfinite, np.isfinite, dtypes=EVERYTHING, extremes=each, differentiable=False)
