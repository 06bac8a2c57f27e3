from conformance.sample import EVERYTHING, Sample, case


def cut(x, at):
    return x[at]


SAMPLE = Sample(
    cut,
    cut,
    cases=(
        case((3, 4), at=(slice(None), slice(1, 3))), case((5, 4), at=(slice(None, None, -2), -1)),
        case((7,), at=slice(-2, 0, -3)), case((7,), at=slice(5, 2)), case((2, 3, 4), at=(..., 0)),
        case((6,), at=(None, slice(100), None)), case((0, 3), at=(slice(1, None), slice(None, -1))),
        case((7, 13), at=(slice(1, None, 2), slice(-3, None, -4))),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
