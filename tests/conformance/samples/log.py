import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Domain, Sample, each

SAMPLE = Sample(pel.log, np.log, domains=(Domain(0.3, 3.0),), dtypes=NUMBERS, extremes=each)
