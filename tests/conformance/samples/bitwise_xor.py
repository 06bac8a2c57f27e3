import numpy as np

import pellucid as pel
from conformance.sample import BINARY, INTEGERS, Sample

SAMPLE = Sample(
    pel.bitwise_xor, np.bitwise_xor, cases=BINARY, dtypes=(*INTEGERS, "bool"), differentiable=False
)
