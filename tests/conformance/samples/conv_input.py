import itertools

import numpy as np

from conformance.sample import NUMBERS, Sample, case, through


def expected(y, w, like, stride, dilation, groups):
    """Spread each element of y over the window that it was made from."""
    share, channels = w.shape[0] // groups, w.shape[1]
    x = np.zeros((len(y), channels * groups, *like.shape[2:]), y.dtype)
    for o, c in itertools.product(range(len(w)), range(channels)):
        for place, tap in itertools.product(np.ndindex(*y.shape[2:]), np.ndindex(*w.shape[2:])):
            steps = zip(place, tap, stride, dilation, strict=True)
            at = tuple(p * s + t * d for p, t, s, d in steps)
            x[(slice(None), o // share * channels + c, *at)] += (
                y[(slice(None), o, *place)] * w[(o, c, *tap)]
            )
    return x


SAMPLE = Sample(
    through("conv_input"),
    expected,
    cases=(
        case((1, 1, 3, 2), (1, 1, 2, 2), (1, 1, 4, 3), stride=(1, 1),
             dilation=(1, 1), groups=1),
        case((1, 2, 2), (2, 1, 2), (1, 1, 5), stride=(2,), dilation=(1,),
             groups=2),
        case((2, 4, 3, 3), (4, 1, 3, 2), (1, 1, 8, 5), stride=(2, 1),
             dilation=(1, 2), groups=2),
        case((0, 1, 3, 3), (1, 2, 2, 2), (1, 1, 4, 4), stride=(1, 1),
             dilation=(1, 1), groups=1),
    ),
    dtypes=NUMBERS,
    ulps=64,
)  # fmt: skip
