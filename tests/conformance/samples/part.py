import numpy as np

from conformance.sample import EVERYTHING, Sample, case, through


def expected(g, *likes, axis, k):
    cuts = np.cumsum([like.shape[axis] for like in likes])[:-1]
    return np.split(g, cuts, axis)[k]


SAMPLE = Sample(
    through("part"),
    expected,
    cases=(
        case((3, 3), (2, 3), (1, 3), axis=0, k=1), case((4,), (4,), axis=0, k=0),
        case((2, 4), (2, 1), (2, 2), (2, 1), axis=1, k=1),
        case((2, 3), (0, 3), (2, 3), axis=0, k=0), case((7, 18), (7, 5), (7, 13), axis=1, k=1),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
