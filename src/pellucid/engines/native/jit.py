"""From the text of a module to functions in memory, by LLVM."""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
from functools import cached_property
from typing import Any, final

from pellucid.errors import EngineError
from pellucid.lazy import load

__all__ = ["Compiled", "Compiler"]

LIBRARY = ("tanh", "expm1", "log1p", "erf", "exp", "log", "sin", "cos", "pow", "fmod")


@final
class Compiled:
    """Functions of a module; they live for as long as this does."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def address(self, function: str) -> int:
        """Give the address of a function."""
        found: int = self._engine.get_function_address(function)
        return found


@final
class Compiler:
    """LLVM, set up for the CPU at hand.

    Raises
    ------
    MissingPackageError : when llvmlite cannot be imported
    """

    def __init__(self, level: int = 1) -> None:
        self._llvm = load("llvmlite.binding")
        self._lock = threading.Lock()
        self._level = level
        self._llvm.initialize_native_target()
        self._llvm.initialize_native_asmprinter()
        self._resolve_library()

    @cached_property
    def features(self) -> tuple[str, str]:
        """The name of the CPU, and what it can do."""
        return self._llvm.get_host_cpu_name(), self._llvm.get_host_cpu_features().flatten()

    @property
    def vector_bytes(self) -> int:
        """How wide the CPU's vectors are."""
        flags = self.features[1].split(",")
        return 64 if "+avx512f" in flags else 32 if "+avx2" in flags else 16

    def compile_module(self, text: str) -> Compiled:
        """Make functions of the text of a module."""
        with self._lock:
            return self._loaded(self._object_code(text))

    def _object_code(self, text: str) -> bytes:
        """Make machine code, which does not depend on where it will lie."""
        llvm = self._llvm
        try:
            module = llvm.parse_assembly(text)
        except RuntimeError as error:
            raise EngineError(
                "LLVM refuses the code that was made for a program", got=str(error).strip(),
                mend="this is a fault of pellucid; please report it with the program",
            ) from error  # fmt: skip
        with module:
            code: bytes = self._machine().emit_object(module)
            return code

    def _machine(self) -> Any:
        name, features = self.features
        target = self._llvm.Target.from_default_triple()
        return target.create_target_machine(cpu=name, features=features, opt=self._level, jit=True)

    def _loaded(self, code: bytes) -> Compiled:
        empty = self._llvm.parse_assembly("")
        engine = self._llvm.create_mcjit_compiler(empty, self._machine())
        engine.add_object_file(self._llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return Compiled(engine)

    def _resolve_library(self) -> None:
        """Tell LLVM where the C library's functions are, unless it finds them itself."""
        names = [name + suffix for name in LIBRARY for suffix in ("", "f")]
        missing = [name for name in names if not self._llvm.address_of_symbol(name)]
        if missing:
            library = ctypes.CDLL(ctypes.util.find_library("m") or ctypes.util.find_library("c"))
            for name in missing:
                address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
                self._llvm.add_symbol(name, address)
