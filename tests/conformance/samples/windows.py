import numpy as np

import pellucid as pel
from conformance.sample import EVERYTHING, Sample, case


def expected(x, kernel, stride, dilation):
    rank = len(kernel)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, tuple(range(-rank, 0)))
    places = [slice(None, None, s) for s in stride]
    return seen[(..., *places, *[slice(None, None, d) for d in dilation])]


SAMPLE = Sample(
    pel.windows,
    expected,
    cases=(
        case((3, 4), kernel=(2, 2), stride=(1, 1), dilation=(1, 1)),
        case((7,), kernel=(3,), stride=(2,), dilation=(1,)),
        case((2, 5), kernel=(2,), stride=(1,), dilation=(3,)),
        case((2, 4, 3), kernel=(3, 1), stride=(1, 2), dilation=(1, 1)),
        case((0, 3), kernel=(2,), stride=(1,), dilation=(1,)),
        case((7, 13), kernel=(2, 3), stride=(3, 2), dilation=(2, 3)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
