"""Data: from files, frames and arrays to checked arrays, and back to labels.

The arrow: `read` → `split` → `Preparation` → `features` and `targets` → `batches`. Nothing here
knows a model; everything learned from data is plain and can be saved.
"""

from pellucid.data.array_files import read_npy, read_npz
from pellucid.data.batching import Batches, batches, epoch_order
from pellucid.data.blocks import csv_batches, parquet_batches
from pellucid.data.dataset import Dataset
from pellucid.data.gathering import Gathered, gather, is_batches
from pellucid.data.idx import read_idx
from pellucid.data.intake import Features, check_rows, features, take
from pellucid.data.labels import LabelCoding, Targets, one_hot, targets
from pellucid.data.layouts import images
from pellucid.data.pictures import read_picture, read_pictures
from pellucid.data.prepare import Preparation
from pellucid.data.published import fashion_mnist, idx_folder, kmnist, mnist
from pellucid.data.reading import read, read_arrays
from pellucid.data.scaling import TargetScaling
from pellucid.data.sets import (
    SetEntry,
    breast_cancer,
    diabetes,
    digits,
    iris,
    linnerud,
    named,
    names,
    sets,
    wine,
)
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
    slashes,
    spirals,
    surfaces,
    xor_blobs,
)

__all__ = [
    "Batches",
    "Dataset",
    "Features",
    "Gathered",
    "LabelCoding",
    "Preparation",
    "SetEntry",
    "Table",
    "TargetScaling",
    "Targets",
    "batches",
    "blobs",
    "breast_cancer",
    "check_disjoint",
    "check_rows",
    "circles",
    "csv_batches",
    "diabetes",
    "digits",
    "epoch_order",
    "fashion_mnist",
    "features",
    "gather",
    "idx_folder",
    "images",
    "iris",
    "is_batches",
    "kmnist",
    "line_points",
    "linnerud",
    "logistic_1d",
    "mnist",
    "moons",
    "mortgage",
    "named",
    "names",
    "one_hot",
    "parquet_batches",
    "quadrants",
    "read",
    "read_arrays",
    "read_idx",
    "read_npy",
    "read_npz",
    "read_picture",
    "read_pictures",
    "read_table",
    "regression_curve",
    "sets",
    "slashes",
    "spirals",
    "split",
    "surfaces",
    "table",
    "take",
    "targets",
    "wine",
    "xor_blobs",
]
