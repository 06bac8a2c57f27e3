import numpy as np

import pellucid as pel
from conformance.sample import BINARY, INTEGERS, Sample

SAMPLE = Sample(
    pel.bitwise_and, np.bitwise_and, cases=BINARY, dtypes=(*INTEGERS, "bool"), differentiable=False
)
