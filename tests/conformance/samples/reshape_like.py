from conformance.sample import EVERYTHING, Sample, case, through

SAMPLE = Sample(
    through("reshape_like"),
    lambda x, like: x.reshape(like.shape),
    cases=(
        case((3, 4), (2, 6)), case((), (1, 1)), case((1,), ()), case((0, 3), (5, 0)),
        case((7, 13), (13, 7)),
    ),
    dtypes=EVERYTHING,
)  # fmt: skip
