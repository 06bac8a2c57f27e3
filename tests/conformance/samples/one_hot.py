import numpy as np

import pellucid as pel
from conformance.sample import INTEGERS, Domain, Sample, case

SAMPLE = Sample(
    pel.one_hot,
    lambda labels, classes: labels[..., None] == np.arange(classes),
    cases=(
        case((5,), classes=3), case((), classes=3), case((0,), classes=3), case((2, 3), classes=7),
        case((7, 13), classes=3),
    ),
    domains=(Domain(0, 2),),
    dtypes=INTEGERS,
    differentiable=False,
)  # fmt: skip
