import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Domain, Sample, case

SAMPLE = Sample(
    pel.take,
    np.take,
    cases=(
        case((5, 3), (4,), axis=0), case((5, 3), (), axis=0), case((2, 5), (2, 3), axis=-1),
        case((2, 5, 3), (2, 2), axis=1), case((5,), (0,), axis=0), case((5, 0), (3,), axis=0),
        case((5, 13), (7,), axis=0),
    ),
    domains=(Domain(), Domain(-5, 4, "int64")),
    dtypes=EVERYTHING,
)  # fmt: skip
