"""What is said differently to each kind of CPU; all else is written once for all of them.

- ``rest()`` lets a thread rest for a moment while it waits.
- ``flush_subnormals()`` lets numbers too small to be normal count as zero from now on, in this
  thread, and gives what was so before; ``restore(before)`` goes back to that. Where the CPU is not
  known, they do nothing.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FLUSH", "REST", "RESTORE", "with_processor"]

REST, FLUSH, RESTORE = "rest", "flush_subnormals", "restore"
DECLARED = f"declare void @{REST}()", f"declare i64 @{FLUSH}()", f"declare void @{RESTORE}(i64)"


class _Processor(NamedTuple):
    """The bodies of the three functions, and what they call."""

    rest: str = ""
    flush: str = "  ret i64 0\n"
    restore: str = ""
    declared: str = ""

    def functions(self) -> tuple[str, ...]:
        return (
            f"define internal void @{REST}() {{\n{self.rest}  ret void\n}}",
            f"define internal i64 @{FLUSH}() {{\n{self.flush}}}",
            f"define internal void @{RESTORE}(i64 %before) {{\n{self.restore}  ret void\n}}",
        )


X86 = _Processor(
    rest="  call void @llvm.x86.sse2.pause()\n",
    flush="""\
  %place = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %place)
  %before = load i32, ptr %place
  %after = or i32 %before, 32832 ; results (bit 15) and operands (bit 6)
  store i32 %after, ptr %place
  call void @llvm.x86.sse.ldmxcsr(ptr %place)
  %result = zext i32 %before to i64
  ret i64 %result
""",
    restore="""\
  %place = alloca i32
  %word = trunc i64 %before to i32
  store i32 %word, ptr %place
  call void @llvm.x86.sse.ldmxcsr(ptr %place)
""",
    declared="""
declare void @llvm.x86.sse2.pause()
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)""",
)
ARM = _Processor(
    rest="  call void @llvm.aarch64.hint(i32 1)\n",
    flush="""\
  %before = call i64 @llvm.aarch64.get.fpcr()
  %after = or i64 %before, 16777216 ; bit 24
  call void @llvm.aarch64.set.fpcr(i64 %after)
  ret i64 %before
""",
    restore="  call void @llvm.aarch64.set.fpcr(i64 %before)\n",
    declared="""
declare void @llvm.aarch64.hint(i32)
declare i64 @llvm.aarch64.get.fpcr()
declare void @llvm.aarch64.set.fpcr(i64)""",
)
PROCESSORS = {"x86-64": X86, "aarch64": ARM}  # by LLVM's name of the target


def with_processor(text: str, target: str) -> str:
    """Write those of the functions that a module declares."""
    processor = PROCESSORS.get(target, _Processor())
    used = False
    for declared, function in zip(DECLARED, processor.functions(), strict=True):
        if declared in text:
            text, used = text.replace(declared, function), True
    return text + processor.declared if used else text
