import numpy as np

from conformance.sample import EVERYTHING, Sample, case, through

SAMPLE = Sample(
    through("broadcast_like"),
    lambda x, like: np.broadcast_to(x, like.shape),
    cases=(
        case((3, 1), (3, 4)), case((), (2, 3)), case((4,), (3, 4)), case((1, 1), (2, 3, 1)),
        case((1, 3), (0, 3)), case((13,), (7, 13)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
