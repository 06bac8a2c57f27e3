import numpy as np

import pellucid as pel
from conformance.sample import INTEGERS, Sample

SAMPLE = Sample(pel.invert, np.invert, dtypes=(*INTEGERS, "bool"), differentiable=False)
