from scipy import special

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each, in_double

SAMPLE = Sample(pel.sigmoid, in_double(special.expit), dtypes=NUMBERS, extremes=each)
