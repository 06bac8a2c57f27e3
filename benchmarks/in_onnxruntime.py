"""onnxruntime's side: the network as pellucid writes it in ONNX, in evaluation."""

from __future__ import annotations

import onnxruntime

from benchmarks.in_pellucid import Evaluate as Ours
from benchmarks.task import Array, Side, Task, rows_of
from pellucid import interop


class Evaluate(Side):
    """Batches through a session; gives the mean of what they are answered."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        ours = Ours(task)
        ours.restart()
        written = interop.onnx.to_onnx(ours.model).SerializeToString()
        self.session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
        (self.name,) = (one.name for one in self.session.get_inputs())

    def run(self) -> list[Array]:
        return [self.session.run(None, {self.name: x})[0].mean() for x, _ in rows_of(self.task)]
