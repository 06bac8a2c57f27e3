import numpy as np

import pellucid as pel
from conformance.sample import BINARY, NUMBERS, Domain, Sample, pairs

SAMPLE = Sample(
    pel.remainder,
    np.remainder,
    cases=BINARY,
    domains=(Domain(), Domain(0.6, 3.0)),
    dtypes=NUMBERS,
    extremes=pairs,
)
