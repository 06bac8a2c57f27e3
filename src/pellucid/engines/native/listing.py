"""Programs as this engine runs them, told to a person: kernels, memory, and the code on request."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from typing import final

from pellucid.arguments import Frozen
from pellucid.compile import Program
from pellucid.compile.memory import Copy, laid_out
from pellucid.compile.schedule import scheduled
from pellucid.engines.explaining import explained, named_place
from pellucid.engines.explanation import ExplainedKernel, Explanation
from pellucid.engines.native.jit import Compiler
from pellucid.engines.native.module import kernels_text, program_text
from pellucid.engines.native.sharing import shared_out

__all__ = ["Listing", "explanation", "readable"]

BITS = re.compile(r"\b0x([0-9A-F]{16})\b")
EQUAL = re.compile(r"<(\w+ [^,<>]+)(?:, \1)+>")
NOISE = re.compile(r"\s*(\.(file|section|p2align|type|size|text)\b|\.Lfunc_end|# -- )")


@final
class Listing(Frozen):
    """The code of single kernels, each as a function of its own.

    Attributes
    ----------
    kernels : as they are told; their titles stand above their code
    vector_bytes : how wide vectors are
    """

    program: Program
    kernels: tuple[ExplainedKernel, ...]
    vector_bytes: int
    compiler: Compiler

    def ir(self, kernels: Sequence[int]) -> str:
        """Write kernels as LLVM IR."""
        text = readable(kernels_text(self.program, self.vector_bytes, kernels))
        return self._titled(text, kernels, "define internal void @kernel{}(", ";")

    def assembly(self, kernels: Sequence[int]) -> str:
        """Write kernels in the instructions of the CPU."""
        text = self.compiler.assembly(kernels_text(self.program, self.vector_bytes, kernels))
        kept = [line for line in text.splitlines() if not NOISE.match(line)]
        return self._titled("\n".join([*kept, ""]), kernels, "kernel{}:", "#")

    def _titled(self, text: str, kernels: Sequence[int], start: str, comment: str) -> str:
        """Put the title of each kernel above the line with which it begins."""
        text = f"\n{text}"
        for number in kernels:
            head, title = start.format(number), self.kernels[number].title
            text = text.replace(f"\n{head}", f"\n\n{comment} {title}\n{head}", 1)
        return text.strip("\n") + "\n"


def readable(text: str) -> str:
    """Write numbers in decimal, and vectors of equal numbers once, as LLVM 19 and later do.

    >>> readable("fmul <2 x float> %x, <float 0x3FE0000000000000, float 0x3FE0000000000000>")
    'fmul <2 x float> %x, splat (float 0.5)'
    """
    return EQUAL.sub(r"splat (\1)", BITS.sub(_decimal, text))


def _decimal(found: re.Match[str]) -> str:
    """Write the bits of a floating number in decimal, which LLVM wants to have a point."""
    (number,) = struct.unpack(">d", bytes.fromhex(found[1]))
    digits, e, exponent = repr(number).partition("e")
    if not math.isfinite(number):
        return found[0]
    return f"{digits}{'' if '.' in digits else '.0'}{e}{exponent}"


def explanation(program: Program, vector_bytes: int, compiler: Compiler) -> Explanation:
    """Tell how a program is run.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    schedule = scheduled(program)
    layout = laid_out(program, schedule)
    shared = shared_out(program, schedule, layout).shared
    kernels = explained(program, schedule.kernels, schedule.base, layout.locations, shared)
    return Explanation(
        engine="native",
        kernels=kernels,
        copies=tuple(_told(program, copy) for copy in layout.copies),
        workspace=layout.workspace,
        scratch=program_text(program, vector_bytes).scratch,
        code=Listing(program, kernels, vector_bytes, compiler),
    )


def _told(program: Program, copy: Copy) -> str:
    source, target = (named_place(program, place) for place in (copy.source, copy.target))
    return f"{source} → {target} ({copy.size:,} bytes)"
