"""Holds: ONNX's own backend cases pass through an adapter; those that do not are named there."""

from __future__ import annotations

import pytest
from tests.interop.onnx_backend import (
    PARTLY,
    check_models,
    failures,
    is_missing,
    node_cases,
    operators,
)

from pellucid.interop.onnx.reading import READERS


def test_node_cases() -> None:
    cases = [case for case in node_cases(slow=False) if not is_missing(case)]
    failed = failures(cases)
    partly = {case.name for case in cases if operators(case) & PARTLY}
    assert not {name: str(error)[:300] for name, error in failed.items() if name not in partly}
    single = [case for case in cases if "expanded" not in case.name]
    own = [case for case in single if operators(case) <= READERS.keys()]
    assert len([case for case in own if case.name not in failed]) >= 550
    assert len(cases) - len(failed) >= 1100


@pytest.mark.parametrize(
    ("kind", "number"), [("pytorch-converted", 82), ("pytorch-operator", 35), ("simple", 7)]
)
def test_model_cases(kind: str, number: int) -> None:
    assert check_models(kind) >= number
