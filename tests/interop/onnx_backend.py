"""Lets ONNX's own backend cases ask pellucid; run as a program, all of them, with the figures.

python -m tests.interop.onnx_backend
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.loader import load_model_tests

import pellucid as pel
from pellucid import interop
from pellucid.interop.onnx.reading import READERS


class PellucidRep(BackendRep):
    """A graph that was read."""

    def __init__(self, model: Any) -> None:
        self.network = interop.onnx.from_onnx(model)

    def run(self, inputs: Any, **named: Any) -> tuple[np.ndarray, ...]:
        found = self.network(*[pel.tensor(array, array.dtype) for array in map(plain, inputs)])
        results = found.values() if isinstance(found, dict) else [found]
        return tuple(one.numpy() for one in results)


class PellucidBackend(Backend):
    """The adapter."""

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **named: Any) -> PellucidRep:
        return PellucidRep(model)


def plain(array: Any) -> np.ndarray:
    """Some cases hold their arrays as messages."""
    is_message = isinstance(array, onnx.TensorProto)
    return onnx.numpy_helper.to_array(array) if is_message else np.asarray(array)


# --- which cases there are -----------------------------------------------------------------

KINDS = {1, 6, 7, 9, 11}  # float32, int32, int64, bool, float64
SLOW = ("averagepool", "lppool", "maxpool")  # ONNX takes most of a minute to make their cases

# Operators that are neither in `ops` nor in `nn`, by reason.
NO_SUCH_OPERATION = {
    "inverse trigonometry": "Acos Asin Atan",
    "recurrent networks": "GRU LSTM RNN",
    "signals": "BlackmanWindow DFT HammingWindow HannWindow MelWeightMatrix STFT",
    "sampling at computed places": "AffineGrid DeformConv GridSample MaxUnpool RoiAlign",
    "ONNX's own random numbers": "Bernoulli RandomUniformLike",
    "results whose extents depend on data": "NonMaxSuppression Unique",
    "graphs within graphs, and values that may be absent":
        "If Loop OptionalGetElement OptionalHasElement Scan",
    "updates of training, which are optimizers here": "Adagrad Adam Gradient Momentum",
    "other than networks": "ArrayFeatureExtractor Binarizer TfIdfVectorizer TreeEnsemble",
    "linear algebra beyond products": "Det",
    "bits seen as other numbers": "BitCast",
    "caches that are written in place": "TensorScatter",
    "sequences": "ConcatFromSequence SequenceAt SequenceConstruct SequenceEmpty SequenceErase"
        " SequenceInsert SequenceLength SplitToSequence",
}  # fmt: skip
UNKNOWN = {name for names in NO_SUCH_OPERATION.values() for name in names.split()}
DRAWN = "test_training_dropout"  # and what begins so, but for a rate of zero
# ONNX defines these by other operators, but does not write that out for all of their cases.
PARTLY = {"Attention", "CausalConvWithState", "LinearAttention"}


def is_plain(value: Any) -> bool:
    kind = value.type
    return kind.HasField("tensor_type") and kind.tensor_type.elem_type in KINDS


def operators(case: Any) -> set[str]:
    return {node.op_type for node in case.model.graph.node}


def node_cases(*, slow: bool) -> list[Any]:
    """Every node case over tensors of the five dtypes."""
    names = [] if slow else [f"onnx.backend.test.case.node.{name}" for name in SLOW]
    for name in names:
        sys.modules[name] = ModuleType(name)  # so that it is not imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    for name in names:
        del sys.modules[name]
    return [c for c in found if all(map(is_plain, [*c.model.graph.input, *c.model.graph.output]))]


def is_missing(case: Any) -> bool:
    drawn = case.name.startswith(DRAWN) and "zero_ratio" not in case.name
    return drawn or bool(operators(case) & UNKNOWN)


# --- doing them ----------------------------------------------------------------------------


def check(model: Any, inputs: Any, outputs: Any, rtol: float, atol: float) -> None:
    found = PellucidBackend.prepare(model).run(inputs)
    for one, wanted in zip(found, map(plain, outputs), strict=True):
        assert one.dtype == wanted.dtype
        assert one.shape == wanted.shape
        np.testing.assert_allclose(one, wanted, rtol=rtol, atol=atol)


def failures(cases: list[Any]) -> dict[str, Exception]:
    """The cases that did not pass, and why."""
    failed: dict[str, Exception] = {}
    for case in cases:
        try:
            for inputs, outputs in case.data_sets:
                check(case.model, inputs, outputs, case.rtol, case.atol)
        except Exception as error:
            failed[case.name] = error
    return failed


def check_models(kind: str) -> int:
    """Check the cases of whole models, and count them."""
    checked = 0
    for case in load_model_tests(kind=kind):
        folder = Path(case.model_dir)
        model = onnx.load(folder / "model.onnx")
        plain_ends = all(map(is_plain, [*model.graph.input, *model.graph.output]))
        if not plain_ends or {node.op_type for node in model.graph.node} & UNKNOWN:
            continue
        for data in sorted(folder.glob("test_data_set_*")):
            check(model, stored(data, "input"), stored(data, "output"), case.rtol, case.atol)
        checked += 1
    return checked


def stored(folder: Path, what: str) -> list[Any]:
    paths = sorted(folder.glob(f"{what}_*.pb"), key=lambda path: int(path.stem.split("_")[-1]))
    return [onnx.TensorProto.FromString(path.read_bytes()) for path in paths]


def main() -> None:
    cases = node_cases(slow=True)
    single = [case for case in cases if "expanded" not in case.name]
    own = [case for case in single if operators(case) <= READERS.keys()]
    failed = failures(cases)
    for title, group in (
        ("of operators that pellucid has", own),
        ("of all operators", single),
        ("written out in other operators", [c for c in cases if "expanded" in c.name]),
    ):
        passed = sum(case.name not in failed for case in group)
        print(f"{passed:5} of {len(group):5} node cases {title}")
    kinds = Counter(name for c in cases if c.name in failed for name in operators(c) & UNKNOWN)
    for reason, names in NO_SUCH_OPERATION.items():
        print(f"{sum(kinds[name] for name in names.split()):5} failed: {reason}")
    others = [c.name for c in cases if c.name in failed and not operators(c) & UNKNOWN]
    print(f"{len(others):5} failed for other reasons: {', '.join(others)}")
    for kind in ("pytorch-converted", "pytorch-operator", "simple"):
        print(f"{check_models(kind):5} model cases passed: {kind}")


if __name__ == "__main__":
    main()
