import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case


def expected(x, widths, value=0):
    return np.pad(x, widths, constant_values=x.dtype.type(value))


SAMPLE = Sample(
    pel.pad,
    expected,
    cases=(
        case((3, 4), widths=((1, 0), (0, 2))), case((3,), widths=((2, 3),), value=1),
        case((0, 3), widths=((1, 0), (1, 1)), value=1), case((1, 1, 2), widths=((0, 1),) * 3),
        case((7, 13), widths=((3, 0), (0, 1)), value=2),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
