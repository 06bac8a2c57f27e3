import numpy as np

import pellucid as pel
from conformance.sample import BINARY, Domain, Sample, pairs

SAMPLE = Sample(
    pel.power,
    np.power,
    cases=BINARY,
    domains=(Domain(0.3, 3.0), Domain(-2.0, 2.0)),
    extremes=pairs,
    ulps=8,
)
