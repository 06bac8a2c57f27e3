import itertools

import numpy as np

import pellucid as pel
from conformance.sample import NUMBERS, Sample, case


def expected(x, w, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    channels, share = w.shape[1], w.shape[0] // groups
    extents = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(padded.shape[2:], w.shape[2:], stride, dilation, strict=True)
    ]
    y = np.zeros((len(x), len(w), *extents), x.dtype)
    for o, c in itertools.product(range(len(w)), range(channels)):
        for place, tap in itertools.product(np.ndindex(*extents), np.ndindex(*w.shape[2:])):
            steps = zip(place, tap, stride, dilation, strict=True)
            at = tuple(p * s + t * d for p, t, s, d in steps)
            seen = padded[(slice(None), o // share * channels + c, *at)]
            y[(slice(None), o, *place)] += seen * w[(o, c, *tap)]
    return y


SAMPLE = Sample(
    pel.conv,
    expected,
    cases=(
        case((1, 1, 3, 2), (1, 1, 2, 2)),
        case((1, 2, 4), (2, 1, 2), stride=(2,), padding=((1, 0),), dilation=(1,), groups=2),
        case((2, 2, 5, 4), (4, 1, 3, 2), stride=(2, 1), padding=((1, 2), (0, 1)), dilation=(1, 2),
             groups=2),
        case((2, 3, 7, 5), (2, 3, 2, 3), dilation=(3, 1)),
        case((0, 1, 3, 3), (2, 1, 2, 2)),
    ),
    dtypes=NUMBERS,
    ulps=64,
)  # fmt: skip
