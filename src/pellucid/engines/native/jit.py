"""From the text of a module to functions in memory, by LLVM."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, final

from pellucid.engines.native.cache import Entry, ObjectCache
from pellucid.engines.native.processor import with_processor
from pellucid.errors import EngineError, MissingPackageError
from pellucid.files import cache_folder
from pellucid.lazy import load

__all__ = ["Compiled", "Compiler"]

# LLVM's own passes stay out: vectors are written as such, and the passes would cost more time
# than they save. Code generation at level 1 is as good as at 2 for such code, and quicker.
LEVEL = 1
WIDTHS = {"x86-64": 16, "x86-64-v2": 16, "x86-64-v3": 32, "x86-64-v4": 64}  # bytes of a vector
YIELD = "sched_yield"  # lets other threads have the core
LIBRARY = ("cos", "erf", "exp", "expm1", "fmod", "log", "log1p", "pow", "sin", "tanh")


class Written(Protocol):
    """A module as text, and what is to be kept with its machine code."""

    @property
    def text(self) -> str:
        """LLVM IR."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """Plain data."""


@final
class Compiled:
    """The functions of a module; they live for as long as this does.

    Attributes
    ----------
    notes : what was kept with the code
    """

    def __init__(self, engine: Any, notes: Mapping[str, Any]) -> None:
        self._engine, self.notes = engine, notes

    def address(self, function: str) -> int:
        """Give the address of a function."""
        found: int = self._engine.get_function_address(function)
        return found


@final
class Compiler:
    """LLVM, set up for the CPU at hand.

    Parameters
    ----------
    folder : where machine code is kept for other processes
    cpu : for which CPU code is made, as LLVM names it; for the one at hand by default, which else
        must be able to run the other's code: ``"x86-64-v3"`` has AVX2, ``"x86-64"`` SSE2 alone.
        Beyond these levels the vectors of another CPU are taken to be 16 bytes wide.

    Attributes
    ----------
    cpu, features : the CPU's name, and what it can do, as LLVM says it
    vector_bytes : how wide its vectors are

    Raises
    ------
    MissingPackageError : when llvmlite cannot be imported, or cannot run code here
    """

    def __init__(self, folder: Path | None = None, cpu: str | None = None) -> None:
        self._llvm = load("llvmlite.binding")
        self._lock = threading.Lock()
        try:
            self._llvm.initialize_native_target()
            self._llvm.initialize_native_asmprinter()
            self._llvm.check_jit_execution()
            for name, address in self._missing_functions().items():
                self._llvm.add_symbol(name, address)
            self.cpu: str = cpu or self._llvm.get_host_cpu_name()
            self.features: str = "" if cpu else self._llvm.get_host_cpu_features().flatten()
            self._target = self._llvm.Target.from_default_triple()
        except (RuntimeError, OSError, AttributeError) as error:
            raise MissingPackageError(
                "llvmlite cannot make machine code here", got=str(error),
                mend='write engine="reference"',
            ) from error  # fmt: skip
        flags = self.features.split(",")
        found = 64 if "+avx512f" in flags else 32 if "+avx2" in flags else 16
        self.vector_bytes = WIDTHS.get(self.cpu, found)
        self._cache = ObjectCache(folder or cache_folder("code"), self._stamp())
        self._generator = self._machine()

    def _stamp(self) -> str:
        """Say what machine code depends on beside its subject: the CPU, LLVM, and this generator.

        The generator is known by the sizes and times of its files, which are quick to look at.
        """
        package = Path(__file__).parents[2]
        folders = [package / name for name in ("compile", "engines", "graph", "ops")]
        files = sorted(path for folder in folders for path in folder.rglob("*.py"))
        found = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        versions = self._llvm.llvm_version_info, load("llvmlite").__version__
        return repr((self.cpu, self.features, LEVEL, versions, found))

    def _missing_functions(self) -> dict[str, int | None]:
        """Give the addresses of those of the C library's functions that LLVM does not find."""
        names = [YIELD, *[name + suffix for name in LIBRARY for suffix in ("", "f")]]
        missing = [name for name in names if not self._llvm.address_of_symbol(name)]
        found: dict[str, Any] = {}
        if YIELD in missing:
            missing.remove(YIELD)
            windows = os.name == "nt"
            library = ctypes.CDLL("kernel32") if windows else ctypes.CDLL(None)
            found[YIELD] = library.SwitchToThread if windows else library.sched_yield
        if missing:
            find = load("ctypes.util").find_library
            library = ctypes.CDLL(find("m") or find("c"))
            found |= {name: getattr(library, name) for name in missing}
        return {name: ctypes.cast(one, ctypes.c_void_p).value for name, one in found.items()}

    def compile(self, subject: str, write: Callable[[], Written], *, keep: bool = True) -> Compiled:
        """Make functions of what `write` gives, or take those that were kept for the subject.

        Parameters
        ----------
        subject : what decides the text, for one version of pellucid
        keep : whether it does, so that the code may be kept for other processes

        Raises
        ------
        EngineError : when LLVM refuses the text, which is a fault of pellucid
        """
        with self._lock:
            kept = self._cache.read(subject) if keep else None
            if kept is not None:
                return self._loaded(kept)
            written = write()
            made = Entry(self._object_code(written.text), written.notes)
            if keep:
                self._cache.write(subject, made)
            return self._loaded(made)

    def assembly(self, text: str) -> str:
        """Write a module in the instructions of the CPU, with LLVM's comments.

        Raises
        ------
        EngineError : when LLVM refuses the text, which is a fault of pellucid
        """
        machine = self._machine()
        machine.set_asm_verbosity(True)
        with self._parsed(text) as module:
            written: str = machine.emit_assembly(module)
            return written

    def _object_code(self, text: str) -> bytes:
        """Make machine code that does not depend on where it will lie: it could be kept."""
        with self._parsed(text) as module:
            code: bytes = self._generator.emit_object(module)
            return code

    def _parsed(self, text: str) -> Any:
        try:
            return self._llvm.parse_assembly(with_processor(text, self._target.name))
        except RuntimeError as error:
            raise EngineError(
                "LLVM refuses the code that was made for a program", got=str(error).strip(),
                mend="this is a fault of pellucid; please report it with the program",
            ) from error  # fmt: skip

    def _loaded(self, entry: Entry) -> Compiled:
        # The first address that is asked for makes the code ready: to make the engine ready here
        # would also compile its own module, which is empty, and that takes longer than all else.
        engine = self._llvm.create_mcjit_compiler(self._llvm.parse_assembly(""), self._machine())
        engine.add_object_file(self._llvm.ObjectFileRef.from_data(entry.code))
        return Compiled(engine, entry.notes)

    def _machine(self) -> Any:
        return self._target.create_target_machine(
            cpu=self.cpu, features=self.features, opt=LEVEL, jit=True
        )
