"""The golden frame: what tests here and those of the page (Vitest) must both read from its bytes.

``python tests/studio/golden.py`` writes golden.plf and golden.json anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.studio.frames import encoded

HERE = Path(__file__).parent

HEADER: dict[str, Any] = {
    "seq": 7,
    "step": 1200,
    "epoch": 92,
    "playing": True,
    "rate": 14250.5,
    "last": 1210,
    "views": {
        "network": {
            "x": [-1.5, 2.5],
            "y": [-1, 1.25],
            "resolution": 2,
            "layers": [{"path": "0", "units": [0, 1, 2], "low": -1.0, "high": 1.0}],
            "features": ["x", "größe ∂"],
        },
        "surface": {"reason": "one feature"},
    },
}

ARRAYS: dict[str, NDArray[Any]] = {
    "network/maps/0": np.arange(12, dtype=np.float32).reshape(3, 2, 2) / 4 - 1,
    "network/weights/0": np.array([[0.5, -0.25], [1e-3, 3.0e8], [-0.0, 2.5]], dtype=np.float64),
    "surface/class": np.array([[0, 1, 2], [255, 4, 5]], dtype=np.uint8),
    "surface/labels": np.array([-1, 2**31 - 1, 0], dtype=np.int32),
    "curves/step": np.array([0, 1, 2**32 - 1], dtype=np.uint32),
    "errors/rows": np.array([0, 65535, 1], dtype=np.uint16),
    "curves/validation_loss": np.zeros((0,), dtype=np.float32),
    "microscope/0": np.array(0.125, dtype=np.float64),
}


def expected() -> dict[str, Any]:
    arrays = {
        name: {
            "dtype": array.dtype.str[1:],
            "shape": list(array.shape),
            "values": array.ravel().tolist(),
        }
        for name, array in ARRAYS.items()
    }
    return {"header": HEADER, "arrays": arrays}


if __name__ == "__main__":
    (HERE / "golden.plf").write_bytes(encoded(HEADER, ARRAYS))
    text = json.dumps(expected(), ensure_ascii=False, indent=1)
    (HERE / "golden.json").write_text(text + "\n", encoding="utf-8")
