import itertools

import numpy as np

from conformance.sample import NUMBERS, Sample, case, through


def expected(seen, like, kernel, stride, dilation):
    total = np.zeros(like.shape, seen.dtype)
    rank = len(kernel)
    places = seen.shape[seen.ndim - 2 * rank : -rank]
    for place, tap in itertools.product(np.ndindex(*places), np.ndindex(*kernel)):
        steps = zip(place, tap, stride, dilation, strict=True)
        at = tuple(p * s + t * d for p, t, s, d in steps)
        total[(..., *at)] += seen[(..., *place, *tap)]
    return total


SAMPLE = Sample(
    through("overlap"),
    expected,
    cases=(
        case((2, 2, 2, 2), (3, 3), kernel=(2, 2), stride=(1, 1), dilation=(1, 1)),
        case((3, 3), (7,), kernel=(3,), stride=(2,), dilation=(1,)),
        case((2, 2, 2), (2, 5), kernel=(2,), stride=(1,), dilation=(3,)),
        case((0, 2, 2), (0, 3), kernel=(2,), stride=(1,), dilation=(1,)),
        case((2, 4, 2, 3), (7, 13), kernel=(2, 3), stride=(3, 2), dilation=(2, 3)),
    ),
    dtypes=NUMBERS,
    ulps=16,
)
