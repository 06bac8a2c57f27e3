import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Domain, Sample, case, each

SAMPLE = Sample(
    pel.where,
    np.where,
    cases=(
        case((3, 4), (3, 4), (3, 4)), case((), (), ()), case((3, 1), (1, 4), ()),
        case((4,), (3, 1), (1,)), case((0, 3), (3,), ()), case((7, 13), (13,), (7, 1)),
    ),
    domains=(Domain(0, 1, "bool"), Domain()),
    dtypes=EVERYTHING,
    extremes=lambda dtype: [(np.array([[True], [False]]), *(edge := each(dtype)[0]), -edge[0])],
)  # fmt: skip
