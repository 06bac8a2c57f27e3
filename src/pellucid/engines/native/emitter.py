"""LLVM IR as text: instructions, blocks, loops and branches, with no thought of what they mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["INDEX", "Emitter"]

INDEX = "i64"
_T = TypeVar("_T")
Typed = tuple[str, str]  # the type of an operand and its name


class Emitter:
    """Writes the body of one function.

    What has been computed already is remembered for as long as it may be used: what is computed
    inside a loop or a branch is forgotten at its end.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.block = "entry"
        self.declared: dict[str, None] = {}
        self._names = 0
        self._remembered: list[dict[Hashable, Any]] = [{}]

    # --- instructions ---

    def fresh(self, stem: str = "v") -> str:
        """Make a name that is not taken."""
        self._names += 1
        return f"{stem}{self._names}"

    def write(self, text: str) -> None:
        """Write an instruction that has no result."""
        self.lines.append(f"  {text}")

    def emit(self, text: str) -> str:
        """Write an instruction, and give the name of its result."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {text}")
        return name

    def call(self, result: str, function: str, operands: Sequence[Typed], flags: str = "") -> str:
        """Call a function, which is declared with the module."""
        self.declare(result, function, [kind for kind, _ in operands])
        arguments = ", ".join(f"{kind} {name}" for kind, name in operands)
        text = f"call {flags}{result} @{function}({arguments})"
        if result != "void":
            return self.emit(text)
        self.write(text)
        return ""

    def declare(self, result: str, function: str, operands: Sequence[str]) -> None:
        """Make a function of another module known."""
        self.declared[f"declare {result} @{function}({', '.join(operands)})"] = None

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

    def join(self, kind: str, ways: Sequence[tuple[str, str]]) -> str:
        """Take the value that belongs to the block one came from: pairs (value, block)."""
        return self.emit(f"phi {kind} " + ", ".join(f"[{value}, %{block}]" for value, block in ways))

    def when(
        self, condition: str, kind: str, chosen: Callable[[], str], otherwise: str
    ) -> str:
        """Compute something only if a condition holds."""
        yes, done, before = self.fresh("yes"), self.fresh("done"), self.block
        self.fork(condition, yes, done)
        self.open(yes)
        with self.scope():
            value = chosen()
        after = self.block
        self.jump(done)
        self.open(done)
        return self.join(kind, [(value, after), (otherwise, before)]) if kind != "void" else ""

    def repeat(
        self, count: str, carried: Sequence[Typed], turn: Callable[[str, list[str]], list[str]]
    ) -> list[str]:
        """Loop `count` times, at least once; `turn` is given the number and what is carried."""
        head, done, before = self.fresh("loop"), self.fresh("done"), self.block
        number = f"%{self.fresh('i')}"
        names = [f"%{self.fresh('c')}" for _ in carried]
        self.jump(head)
        self.open(head)
        phis = len(self.lines)
        self.lines += [""] * (1 + len(carried))
        with self.scope():
            new = turn(number, names)
        following = self.emit(f"add nuw nsw {INDEX} {number}, 1")
        more = self.emit(f"icmp ult {INDEX} {following}, {count}")
        last = self.block
        self.fork(more, head, done)
        self.open(done)
        ways = zip([(INDEX, "0"), *carried], [number, *names], [following, *new], strict=True)
        for k, ((kind, start), name, after) in enumerate(ways):
            self.lines[phis + k] = f"  {name} = phi {kind} [{start}, %{before}], [{after}, %{last}]"
        return new

    def repeat_while(
        self, start: Typed, condition: Callable[[str], str], body: Callable[[str], str]
    ) -> str:
        """Loop for as long as a condition holds of what is carried."""
        head, inner, done, before = *map(self.fresh, ("while", "turn", "done")), self.block
        kind, first = start
        name = f"%{self.fresh('c')}"
        self.jump(head)
        self.open(head)
        phi = len(self.lines)
        self.lines.append("")
        with self.scope():
            holds = condition(name)
            self.fork(holds, inner, done)
            self.open(inner)
            after = body(name)
        last = self.block
        self.jump(head)
        self.open(done)
        self.lines[phi] = f"  {name} = phi {kind} [{first}, %{before}], [{after}, %{last}]"
        return name

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
                return level[key]  # type: ignore[no-any-return]
        found = compute()
        self._remembered[-1][key] = found
        return found
