"""Data: from files, frames and arrays to checked arrays, and back to labels.

The arrow: `read_table` and `table` → `split` → `Preparation` → `features` and `targets` →
`batches`. Nothing here knows a model; everything learned from data is plain and can be saved.
"""

from pellucid.data.batching import Batches, batches, epoch_order
from pellucid.data.intake import Features, check_rows, features, take
from pellucid.data.labels import LabelCoding, Targets, one_hot, targets
from pellucid.data.prepare import Preparation
from pellucid.data.scaling import TargetScaling
from pellucid.data.sets import Dataset, breast_cancer, diabetes, digits, iris, named, names, wine
from pellucid.data.splits import check_disjoint, split
from pellucid.data.tables import Table, read_table, table
from pellucid.data.toys import (
    blobs,
    circles,
    line_points,
    logistic_1d,
    moons,
    mortgage,
    quadrants,
    regression_curve,
    spirals,
    xor_blobs,
)

__all__ = [
    "Batches",
    "Dataset",
    "Features",
    "LabelCoding",
    "Preparation",
    "Table",
    "TargetScaling",
    "Targets",
    "batches",
    "blobs",
    "breast_cancer",
    "check_disjoint",
    "check_rows",
    "circles",
    "diabetes",
    "digits",
    "epoch_order",
    "features",
    "iris",
    "line_points",
    "logistic_1d",
    "moons",
    "mortgage",
    "named",
    "names",
    "one_hot",
    "quadrants",
    "read_table",
    "regression_curve",
    "spirals",
    "split",
    "table",
    "take",
    "targets",
    "wine",
    "xor_blobs",
]
