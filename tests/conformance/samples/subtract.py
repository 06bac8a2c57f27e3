import numpy as np

import pellucid as pel
from conformance.sample import BINARY, NUMBERS, Sample, pairs

SAMPLE = Sample(pel.subtract, np.subtract, cases=BINARY, dtypes=NUMBERS, extremes=pairs)
