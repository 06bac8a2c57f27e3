from scipy import special

import pellucid as pel
from conformance.sample import NUMBERS, Sample, each, in_double

SAMPLE = Sample(pel.erf, in_double(special.erf), dtypes=NUMBERS, extremes=each)
