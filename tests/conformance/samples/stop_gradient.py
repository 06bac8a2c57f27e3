import pellucid as pel
from conformance.sample import EVERYTHING, Sample, each

SAMPLE = Sample(
    pel.stop_gradient, lambda x: x, dtypes=EVERYTHING, extremes=each, differentiable=False
)
