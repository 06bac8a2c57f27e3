import itertools

import numpy as np

from conformance.sample import NUMBERS, Sample, case, through


def expected(x, y, like, stride, dilation, groups):
    kernel = like.shape[2:]
    channels, share = x.shape[1] // groups, y.shape[1] // groups
    w = np.zeros((y.shape[1], channels, *kernel), y.dtype)
    for o, c in itertools.product(range(y.shape[1]), range(channels)):
        for place, tap in itertools.product(np.ndindex(*y.shape[2:]), np.ndindex(*kernel)):
            steps = zip(place, tap, stride, dilation, strict=True)
            at = tuple(p * s + t * d for p, t, s, d in steps)
            seen = x[(slice(None), o // share * channels + c, *at)]
            w[(o, c, *tap)] += (seen * y[(slice(None), o, *place)]).sum(dtype=y.dtype)
    return w


SAMPLE = Sample(
    through("conv_weight"),
    expected,
    cases=(
        case((1, 1, 3, 2), (1, 1, 2, 1), (1, 1, 2, 2), stride=(1, 1),
             dilation=(1, 1), groups=1),
        case((1, 2, 4), (1, 2, 2), (1, 1, 2), stride=(2,), dilation=(1,),
             groups=2),
        case((2, 2, 8, 5), (2, 4, 3, 3), (1, 1, 3, 2), stride=(2, 1),
             dilation=(1, 2), groups=2),
        case((0, 1, 3, 3), (0, 2, 2, 2), (1, 1, 2, 2), stride=(1, 1),
             dilation=(1, 1), groups=1),
    ),
    dtypes=NUMBERS,
    ulps=64,
)  # fmt: skip
