import numpy as np

import pellucid as pel
from conformance.sample import BINARY, EVERYTHING, Sample, pairs

SAMPLE = Sample(pel.minimum, np.minimum, cases=BINARY, dtypes=EVERYTHING, extremes=pairs)
