"""The floor: as many multiply-adds as a training needs, in registers, on every core.

No library can be quicker. It is timed in turn with the others, so that a machine that slows down
slows it down as well.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from llvmlite import binding as llvm

from benchmarks.machine import usable_cores
from benchmarks.task import Side, Task

CHAINS = 12  # sums at a time: more than latency times units, fewer than registers


class Floor(Side):
    computes = False

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        bits = {np.dtype("float32"): ("float", 4), np.dtype("float64"): ("double", 8)}
        kind, size = bits[task.X.dtype]
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        width = 64 if features.get("avx512f") else 32 if features.get("avx2") else 16
        lanes = width // size
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=2
        )
        module = llvm.parse_assembly(_text(kind, lanes))
        self.engine = llvm.create_mcjit_compiler(module, machine)
        address = self.engine.get_function_address("work")
        self.work = ctypes.CFUNCTYPE(None, ctypes.c_int64)(address)  # frees the interpreter's lock
        self.threads = usable_cores()
        self.rounds = task.operations // (2 * lanes * CHAINS * self.threads)

    def run(self) -> None:
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(self.work, [self.rounds] * self.threads))


def _text(kind: str, lanes: int) -> str:
    vector, bits, chains = f"<{lanes} x {kind}>", {"float": 32, "double": 64}[kind], range(CHAINS)
    fma = f"{vector} @llvm.fma.v{lanes}f{bits}"
    half = f"{vector} <{', '.join([f'{kind} 0.5'] * lanes)}>"
    start = [f"%s{k} = phi {vector} [zeroinitializer, %entry], [%t{k}, %loop]" for k in chains]
    chain = [f"%t{k} = call {fma}({vector} %s{k}, {half}, {half})" for k in chains]
    keep = [f"store volatile {vector} %t{k}, ptr %place" for k in chains]
    wide = f'"prefer-vector-width"="{lanes * bits}" "min-legal-vector-width"="{lanes * bits}"'
    return "\n".join([
        f"declare {fma}({vector}, {vector}, {vector})",
        f"define void @work(i64 %n) {wide} {{",
        "entry:", f"%place = alloca {vector}", "br label %loop",
        "loop:", "%i = phi i64 [0, %entry], [%j, %loop]", *start, *chain,
        "%j = add i64 %i, 1", "%more = icmp slt i64 %j, %n",
        "br i1 %more, label %loop, label %end",
        "end:", *keep, "ret void", "}",
    ])  # fmt: skip
