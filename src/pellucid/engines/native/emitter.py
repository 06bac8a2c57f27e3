"""LLVM IR as text: instructions, blocks, loops and branches, with no thought of what they mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["INDEX", "Emitter"]

INDEX = "i64"
_T = TypeVar("_T")
Carried = tuple[str, str]  # type and name of what goes round a loop


class Emitter:
    """Writes a stretch of code that begins and ends in a block of its own.

    What has been computed already is remembered for as long as it may be used: what is computed
    inside a loop or a branch is forgotten at its end.

    Parameters
    ----------
    prefix : what all names begin with, so that stretches can follow each other in one function

    Attributes
    ----------
    depth : how many loops are being written, one within the other
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.block = f"{prefix}begin"
        self.lines: list[str] = [f"  br label %{self.block}", f"{self.block}:"]
        self.declared: dict[str, None] = {}
        self.depth = 0
        self._names = 0
        self._remembered: list[dict[Hashable, Any]] = [{}]

    # --- instructions ---

    def fresh(self, stem: str = "v") -> str:
        """Make a name that is not taken."""
        self._names += 1
        return f"{self.prefix}{stem}{self._names}"

    def write(self, text: str) -> None:
        """Write an instruction that has no result."""
        self.lines.append(f"  {text}")

    def emit(self, text: str) -> str:
        """Write an instruction, and give the name of its result."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {text}")
        return name

    def call(self, result: str, function: str, operands: Sequence[str], flags: str = "") -> str:
        """Call a function of another module, which is declared."""
        kinds = [_type_of(operand) for operand in operands]
        self.declared[f"declare {result} @{function}({', '.join(kinds)})"] = None
        text = f"call {flags}{result} @{function}({', '.join(operands)})"
        if result != "void":
            return self.emit(text)
        self.write(text)
        return ""

    def copy(self, target: str, source: str, size: str) -> None:
        """Copy so many bytes."""
        if size != "0":
            ends = [f"ptr {target}", f"ptr {source}", f"{INDEX} {size}", "i1 false"]
            self.call("void", "llvm.memcpy.p0.p0.i64", ends)

    def as_function(self, head: str, first: Sequence[str] = ()) -> str:
        """Give a function that does `first`, and then what is written here."""
        return "\n".join([f"define {head} nounwind {{", *first, *self.lines, "  ret void", "}"])

    # --- blocks ---

    def open(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        """End the block by going on at `label`."""
        self.write(f"br label %{label}")

    def fork(self, condition: str, yes: str, no: str) -> None:
        """End the block by going on at one of two."""
        self.write(f"br i1 {condition}, label %{yes}, label %{no}")

    def only_if(self, condition: str, work: Callable[[], None]) -> str:
        """Do something only if a condition holds; give the block in which it ends."""
        yes, done = self.fresh("yes"), self.fresh("done")
        self.fork(condition, yes, done)
        self.open(yes)
        with self.scope():
            work()
        after = self.block
        self.jump(done)
        self.open(done)
        return after

    def when(self, condition: str, kind: str, chosen: Callable[[], str], otherwise: str) -> str:
        """Compute something only if a condition holds."""
        before, found = self.block, []
        after = self.only_if(condition, lambda: found.append(chosen()))
        (value,) = found
        return self.emit(f"phi {kind} [{value}, %{after}], [{otherwise}, %{before}]")

    def repeat(
        self, count: str, carried: Sequence[Carried], turn: Callable[[str, list[str]], list[str]]
    ) -> list[str]:
        """Loop `count` times, at least once; `turn` is given the number and what is carried."""
        head, done, before = self.fresh("loop"), self.fresh("done"), self.block
        number = f"%{self.fresh('i')}"
        names = [f"%{self.fresh('c')}" for _ in carried]
        self.jump(head)
        self.open(head)
        phis = len(self.lines)
        self.lines += [""] * (1 + len(carried))
        self.depth += 1
        with self.scope():
            new = turn(number, names)
        self.depth -= 1
        following = self.emit(f"add nuw nsw {INDEX} {number}, 1")
        more = self.emit(f"icmp ult {INDEX} {following}, {count}")
        last = self.block
        self.fork(more, head, done)
        self.open(done)
        all_carried, all_names = [(INDEX, "0"), *carried], [number, *names]
        self._phis(phis, all_carried, all_names, [following, *new], before, last)
        return new

    def repeat_while(
        self, start: Carried, condition: Callable[[str], str], body: Callable[[str], str]
    ) -> str:
        """Loop for as long as a condition holds of what is carried."""
        head, inner, done, before = *map(self.fresh, ("while", "turn", "done")), self.block
        name = f"%{self.fresh('c')}"
        self.jump(head)
        self.open(head)
        phi = len(self.lines)
        self.lines.append("")
        with self.scope():
            self.fork(condition(name), inner, done)
            self.open(inner)
            after = body(name)
        last = self.block
        self.jump(head)
        self.open(done)
        self._phis(phi, [start], [name], [after], before, last)
        return name

    def repeat_until(
        self, carried: Sequence[Carried], turn: Callable[[list[str]], tuple[list[str], str]]
    ) -> list[str]:
        """Loop at least once; `turn` gives what is carried, and whether to go on."""
        head, done, before = self.fresh("loop"), self.fresh("done"), self.block
        names = [f"%{self.fresh('c')}" for _ in carried]
        self.jump(head)
        self.open(head)
        phis = len(self.lines)
        self.lines += [""] * len(carried)
        with self.scope():
            new, more = turn(names)
        last = self.block
        self.fork(more, head, done)
        self.open(done)
        self._phis(phis, carried, names, new, before, last)
        return new

    def _phis(
        self,
        at: int,
        carried: Sequence[Carried],
        names: Sequence[str],
        new: Sequence[str],
        before: str,
        last: str,
    ) -> None:
        """Write what is carried, in the lines left free from `at` on."""
        for k, ((kind, start), name, after) in enumerate(zip(carried, names, new, strict=True)):
            self.lines[at + k] = f"  {name} = phi {kind} [{start}, %{before}], [{after}, %{last}]"

    # --- what has been computed already ---

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Forget at the end what is computed inside."""
        self._remembered.append({})
        try:
            yield
        finally:
            self._remembered.pop()

    def once(self, key: Hashable, compute: Callable[[], _T]) -> _T:
        """Compute, unless it has been computed where the result can still be used."""
        for level in reversed(self._remembered):
            if key in level:
                return level[key]
        found = compute()
        self._remembered[-1][key] = found
        return found


def _type_of(operand: str) -> str:
    """Give the type of what is written as type and name; a vector's ends at its bracket."""
    kind, bracket, _ = operand.partition("> ")
    return kind + ">" if bracket and operand.startswith("<") else operand.split(" ")[0]
