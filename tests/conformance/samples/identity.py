import pellucid as pel
from conformance.sample import EVERYTHING, Sample, each

SAMPLE = Sample(pel.identity, lambda x: x, dtypes=EVERYTHING, extremes=each)
