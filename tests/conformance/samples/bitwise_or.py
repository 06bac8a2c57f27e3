import numpy as np

import pellucid as pel
from conformance.sample import BINARY, INTEGERS, Sample

SAMPLE = Sample(
    pel.bitwise_or, np.bitwise_or, cases=BINARY, dtypes=(*INTEGERS, "bool"), differentiable=False
)
