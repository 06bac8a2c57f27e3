import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Domain, Sample, case

SAMPLE = Sample(
    pel.take_along,
    np.take_along_axis,
    cases=(
        case((3, 4), (3, 1), axis=-1), case((4, 3), (2, 3), axis=0), case((4,), (5,), axis=0),
        case((2, 4, 3), (2, 1, 3), axis=1), case((0, 4), (0, 1), axis=1),
        case((7, 4), (7, 13), axis=1),
    ),
    domains=(Domain(), Domain(-4, 3, "int32")),
    dtypes=EVERYTHING,
)  # fmt: skip
