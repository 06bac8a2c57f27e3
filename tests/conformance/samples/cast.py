import pellucid as pel
from conformance.sample import EVERYTHING, Domain, Sample, case

SAMPLE = Sample(
    pel.cast,
    lambda x, dtype: x.astype(dtype),
    cases=(*(case((3, 4), dtype=dtype) for dtype in EVERYTHING), case((), dtype="float32")),
    domains=(Domain(0.0, 3.0),),
    dtypes=EVERYTHING,
    differentiable=False,
)
