import numpy as np

import pellucid as pel
from conformance.sample import BINARY, NUMBERS, Domain, Sample, pairs

SAMPLE = Sample(
    pel.floor_divide,
    np.floor_divide,
    cases=BINARY,
    domains=(Domain(), Domain(0.6, 3.0)),
    dtypes=NUMBERS,
    extremes=pairs,
)
