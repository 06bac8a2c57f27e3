import numpy as np

from conformance.sample import EVERYTHING, Sample, case, through


def expected(g, like, slices):
    result = np.zeros(like.shape, g.dtype)
    result[tuple(slice(*one) for one in slices)] = g
    return result


SAMPLE = Sample(
    through("unslice"),
    expected,
    cases=(
        case((3, 2), (3, 4), slices=((None, None, 1), (1, 3, 1))),
        case((3, 1), (5, 4), slices=((None, None, -2), (-1, None, 1))),
        case((2,), (7,), slices=((-2, 0, -3),)),
        case((0,), (7,), slices=((5, 2, 1),)),
        case((), (), slices=()),
        case((0, 3), (0, 3), slices=((1, None, 1), (None, None, -1))),
        case((3, 3), (7, 13), slices=((1, None, 2), (-3, None, -4))),
    ),
    dtypes=EVERYTHING,
)
