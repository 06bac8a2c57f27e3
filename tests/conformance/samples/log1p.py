import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Domain, Sample, each

SAMPLE = Sample(pel.log1p, np.log1p, domains=(Domain(-0.7, 3.0),), dtypes=NUMBERS, extremes=each)
