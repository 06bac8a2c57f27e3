import numpy as np

import pellucid as pel
from conformance.sample import BINARY, EVERYTHING, Sample, pairs

SAMPLE = Sample(pel.add, np.add, cases=BINARY, dtypes=EVERYTHING, extremes=pairs)
