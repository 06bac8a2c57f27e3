"""Which kernels are shared out between threads, and where the threads wait for each other.

A kernel that is shared out is cut along its outermost loop, between results that do not depend on
each other, so that their number changes no bit; any other is done by the first thread alone.
"""

from __future__ import annotations

from typing import NamedTuple

from pellucid.arguments import Frozen
from pellucid.compile.costs import cost
from pellucid.compile.fuse import Kernel
from pellucid.compile.memory import Layout, Location, size_in_bytes
from pellucid.compile.program import Program
from pellucid.compile.schedule import Schedule
from pellucid.engines.native.processor import REST
from pellucid.engines.native.team import APART
from pellucid.graph.op import Contract, Random, Scatter
from pellucid.shapes import size

__all__ = ["DEAL", "MEET", "Sharing", "shared_out"]

WORTH_SHARING = 4_000.0  # nanoseconds of a kernel, several times what a meeting costs
WORTH_A_TEAM = 40_000.0  # nanoseconds of a program's shared kernels
PRODUCT, OTHER, MOVED, DRAWN = 0.01, 0.1, 0.03, 1.0  # ns a flop, a flop, a byte, a random number
TICKET, WHOSE = 3, 4  # words in a thread's row: its ticket, and from whom it takes at present
SPINS = 256  # looks at the common number before other threads are let go first

# Each who arrives counts up; all are there when the count is a multiple of their number.
MEET = f"""define internal void @meet(ptr %team) nounwind noinline {{
  %count.at = getelementptr i64, ptr %team, i64 2
  %count = load i64, ptr %count.at
  %alone = icmp eq i64 %count, 1
  br i1 %alone, label %met, label %arrive
arrive:
  %number = load ptr, ptr %team
  %before = atomicrmw add ptr %number, i64 1 acq_rel
  %turn = udiv i64 %before, %count
  %next = add i64 %turn, 1
  %goal = mul i64 %next, %count
  br label %look
look:
  %spins = phi i64 [0, %arrive], [%more, %wait], [%more, %yield]
  %seen = load atomic i64, ptr %number acquire, align 8
  %there = icmp uge i64 %seen, %goal
  br i1 %there, label %met, label %spin
spin:
  %more = add i64 %spins, 1
  %rest = urem i64 %more, {SPINS}
  %long = icmp eq i64 %rest, 0
  br i1 %long, label %yield, label %wait
wait:
  call void @{REST}()
  br label %look
yield:
  call i32 @sched_yield()
  br label %look
met:
  ret void
}}
declare i32 @sched_yield()
declare void @{REST}()"""

# The numbers of a loop are cut into pieces, and the pieces dealt out. Who has done his own takes
# what others have left, so that nobody waits long for a thread that is held up, or that is on a
# slower core. A thread's ticket holds which loop it is at and how many of its pieces are left: a
# ticket that is at another loop, or empty, has nothing to give. All are empty when threads meet.
DEAL = f"""define internal void @deal(ptr %team, i64 %pieces, i64 %loop) nounwind noinline {{
  %me.at = getelementptr i64, ptr %team, i64 1
  %me = load i64, ptr %me.at
  %count.at = getelementptr i64, ptr %team, i64 2
  %count = load i64, ptr %count.at
  %next = add i64 %me, 1
  %first.times = mul i64 %me, %pieces
  %first = udiv i64 %first.times, %count
  %last.times = mul i64 %next, %pieces
  %last = udiv i64 %last.times, %count
  %left = sub i64 %last, %first
  %high = shl i64 %loop, 32
  %dealt = or i64 %high, %left
  %whose.at = getelementptr i64, ptr %team, i64 {WHOSE}
  store i64 %me, ptr %whose.at
  %ticket = getelementptr i64, ptr %team, i64 {TICKET}
  store atomic i64 %dealt, ptr %ticket release, align 8
  ret void
}}
define internal i64 @take(ptr %team, i64 %pieces, i64 %loop) nounwind noinline {{
  %me.at = getelementptr i64, ptr %team, i64 1
  %me = load i64, ptr %me.at
  %count.at = getelementptr i64, ptr %team, i64 2
  %count = load i64, ptr %count.at
  %end = add i64 %me, %count
  %whose.at = getelementptr i64, ptr %team, i64 {WHOSE}
  %start = load i64, ptr %whose.at
  %back = mul i64 %me, -{APART}
  %mine = getelementptr i8, ptr %team, i64 {8 * TICKET}
  %tickets = getelementptr i8, ptr %mine, i64 %back
  br label %turn
turn:
  %whose = phi i64 [%start, %0], [%following, %empty]
  %over = icmp eq i64 %whose, %end
  br i1 %over, label %none, label %ask
ask:
  %member = urem i64 %whose, %count
  %offset = mul i64 %member, {APART}
  %ticket = getelementptr i8, ptr %tickets, i64 %offset
  br label %look
look:
  %seen = load atomic i64, ptr %ticket acquire, align 8
  %at = lshr i64 %seen, 32
  %left = and i64 %seen, 4294967295
  %here = icmp eq i64 %at, %loop
  %some = icmp ne i64 %left, 0
  %good = and i1 %here, %some
  br i1 %good, label %try, label %empty
try:
  %fewer = sub i64 %seen, 1
  %swap = cmpxchg ptr %ticket, i64 %seen, i64 %fewer acq_rel acquire
  %won = extractvalue {{i64, i1}} %swap, 1
  br i1 %won, label %taken, label %look
empty:
  %following = add i64 %whose, 1
  br label %turn
taken:
  store i64 %whose, ptr %whose.at
  %next = add i64 %member, 1
  %last.times = mul i64 %next, %pieces
  %last = udiv i64 %last.times, %count
  %piece = sub i64 %last, %left
  ret i64 %piece
none:
  ret i64 -1
}}"""


class Sharing(Frozen):
    """How a program is shared out.

    Attributes
    ----------
    shared : for each kernel, whether it is
    waits : for each kernel, whether all must have arrived before it begins
    """

    shared: tuple[bool, ...]
    waits: tuple[bool, ...]

    @property
    def together(self) -> bool:
        """Whether more than one thread has anything to do."""
        return any(self.shared)


def shared_out(program: Program, schedule: Schedule, layout: Layout) -> Sharing:
    """Share out the kernels for which that is worth its while, by what they are thought to cost."""
    prices = {
        k: price
        for k, kernel in enumerate(schedule.kernels)
        if _may_share(program, kernel)
        and (price := _nanoseconds(program, kernel, schedule)) >= WORTH_SHARING
    }
    pays = sum(prices.values()) >= WORTH_A_TEAM
    shared = [pays and k in prices for k in range(len(schedule.kernels))]
    touched = [_Touched.of(program, kernel, layout) for kernel in schedule.kernels]
    return Sharing(tuple(shared), tuple(_waits(touched, shared)))


def _may_share(program: Program, kernel: Kernel) -> bool:
    line = program.instructions[kernel.results[0]]
    extent = max((n or 0 for n in line.spec.shape), default=1)
    return extent > 1 and not isinstance(line.op.body, Scatter)


def _nanoseconds(program: Program, kernel: Kernel, schedule: Schedule) -> float:
    """Guess what one thread takes for a kernel."""
    counted = cost(program, kernel, schedule.base)
    bodies = [program.instructions[k] for k in (*kernel.results, *kernel.inlined)]
    price = PRODUCT if any(isinstance(line.op.body, Contract) for line in bodies) else OTHER
    drawn = sum(size(line.spec.shape) or 0 for line in bodies if isinstance(line.op.body, Random))
    return price * counted.flops + MOVED * counted.moved + DRAWN * drawn


class _Range(NamedTuple):
    """A stretch of memory."""

    kind: str
    first: int
    last: int

    def meets(self, other: _Range) -> bool:
        """Tell whether the two have a byte in common."""
        return self.kind == other.kind and self.first < other.last and other.first < self.last


class _Touched(NamedTuple):
    """What a kernel reads and writes."""

    reads: tuple[_Range, ...]
    writes: tuple[_Range, ...]

    @classmethod
    def of(cls, program: Program, kernel: Kernel, layout: Layout) -> _Touched:
        def ranges(numbers: object) -> tuple[_Range, ...]:
            found = []
            for number in numbers:  # type: ignore[attr-defined]
                place: Location = layout.locations[number]
                own = size_in_bytes(program.instructions[number])
                length = own if place.kind == "workspace" else 1
                found.append(_Range(place.kind, place.number, place.number + length))
            return tuple(found)

        return cls(ranges(kernel.reads), ranges(kernel.results))

    def must_follow(self, earlier: _Touched) -> bool:
        """Tell whether it reads what the other writes, or writes what the other touches."""
        return any(
            one.meets(other)
            for mine, theirs in (
                (self.reads, earlier.writes),
                (self.writes, earlier.writes),
                (self.writes, earlier.reads),
            )
            for one in mine
            for other in theirs
        )


def _waits(touched: list[_Touched], shared: list[bool]) -> list[bool]:
    """Let all meet before a kernel that must follow another thread's work since they met last."""
    found, since = [], 0
    for k, one in enumerate(touched):
        wait = any(
            (shared[k] or shared[j]) and one.must_follow(touched[j]) for j in range(since, k)
        )
        found.append(wait)
        since = k if wait else since
    return found
