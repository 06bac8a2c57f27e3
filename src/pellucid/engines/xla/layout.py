"""Where arrays lie: on one device, or on several, each with its share of the rows of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ArgumentError, EngineError
from pellucid.lazy import load

__all__ = ["DEVICES", "Layout", "jax"]

DEVICES = ("auto", "cpu", "gpu", "tpu")


def jax(part: str = "") -> Any:
    """Give JAX, or a module of it, loaded when it is first asked for."""
    return load(f"jax.{part}" if part else "jax", extra="xla")


@final
class Layout:
    """The devices of an engine.

    Parameters
    ----------
    device : their kind; ``"auto"`` is JAX's choice: a TPU or GPU where there is one
    count : how many share the rows of a batch; one by default, and all of a group of processes

    Raises
    ------
    MissingPackageError : without JAX
    EngineError : when there are not as many devices of this kind

    Attributes
    ----------
    kind : what the devices are, ``"cpu"``, ``"gpu"`` or ``"tpu"``
    processes : how many there are in the group, each with as many of the devices
    whole : the place of an array that every device has all of
    """

    def __init__(self, device: str = "auto", count: int | None = None) -> None:
        sharding = jax("sharding")
        found = _devices(device)
        self.processes: int = jax().process_count()
        if count is None:
            count = len(found) if jax().distributed.is_initialized() else 1
        if len(found) < count:
            raise EngineError(
                "there are not as many devices", got=f"{len(found)} of kind {found[0].platform}",
                wanted=f"devices={count}", mend=_mend(found),
            )  # fmt: skip
        self.count = count
        self.kind: str = found[0].platform
        if count == 1:
            mine = next(one for one in found if one.process_index == jax().process_index())
            self._device = mine
            self.whole = sharding.SingleDeviceSharding(mine)
            return
        mesh = sharding.Mesh(
            np.array(found[:count]), ("rows",), axis_types=(sharding.AxisType.Auto,)
        )
        self.whole = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        self._shared = sharding.NamedSharding(mesh, sharding.PartitionSpec(None, "rows"))

    def check(self, batch_size: int) -> None:
        """Refuse batches that cannot be shared evenly."""
        if batch_size % self.count:
            better = -(-batch_size // self.count) * self.count
            raise ArgumentError(
                "the rows of a batch cannot be shared evenly between the devices",
                got=f"batch_size={batch_size}, devices={self.count}",
                wanted=f"a multiple of {self.count}", mend=f"write batch_size={better}",
            )  # fmt: skip

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let JAX use the devices inside, and keep 64 bits, and all bits of products.

        What else uses JAX is left alone.

        Raises
        ------
        EngineError : when the device fails, or another process of the group answers no more
        """
        whole = jax()
        at_home = hasattr(whole, "enable_x64")  # since JAX 0.8
        wide = whole.enable_x64 if at_home else jax("experimental").enable_x64
        try:
            with ExitStack() as inside:
                inside.enter_context(wide(True))
                inside.enter_context(whole.default_matmul_precision("highest"))
                if self.count == 1:
                    inside.enter_context(whole.default_device(self._device))
                yield
        except jax("errors").JaxRuntimeError as error:
            raise _failure(str(error), self.processes) from error

    def check_agreed(self, key: tuple[int, int]) -> None:
        """Refuse processes that would each take rows in another order."""
        if self.processes == 1:
            return
        mine = np.full((1, self.count // self.processes, 2), key, np.uint32)
        keys = self._laid(self._shared, mine, (1, self.count, 2))
        agreed = jax().jit(lambda keys: (keys == keys[:, :1]).all(), out_shardings=self.whole)
        if not agreed(keys):
            raise ArgumentError(
                "the processes of a group do not train the same", wanted="one seed for all",
                mend="give each of them the same seed=",
            )  # fmt: skip

    def given(self, arrays: list[NDArray[Any]], *, once: bool) -> list[Any]:
        """Bring arrays to every device, where they may be written over.

        Parameters
        ----------
        once : whether a single call takes them: one device is then given them with it, which is
            quicker; where calls follow each other, what the first takes must be as what it gives,
            or JAX compiles it twice
        """
        if self.count > 1:
            return [self._laid(self.whole, array, array.shape) for array in arrays]
        copies = [np.array(array) for array in arrays]
        return copies if once else list(jax().device_put(copies, self.whole))

    def shared(self, array: NDArray[Any], rows: NDArray[np.int32]) -> Any:
        """Give each device its share of the rows of batches; what is uneven goes to every device.

        Shapes: `rows` are (steps, rows of a batch). A process picks the rows of its devices alone.
        """
        steps, size = rows.shape
        sharding, mine = self.whole, slice(None)
        if size % self.count == 0:
            part = size // self.processes
            first = jax().process_index() * part
            sharding, mine = self._shared, slice(first, first + part)
        return self._laid(sharding, array[rows[:, mine]], (steps, size, *array.shape[1:]))

    def _laid(self, sharding: Any, array: NDArray[Any], shape: tuple[int, ...]) -> Any:
        return jax().make_array_from_process_local_data(sharding, array, shape)


def _devices(kind: str) -> list[Any]:
    try:
        found: list[Any] = jax().devices(None if kind == "auto" else kind)
    except RuntimeError as error:
        raise EngineError(
            f"JAX has no device of this kind: {kind}", got=str(error).splitlines()[0],
            mend='leave device out to use what there is, or install JAX for it: see "Installation" '
            "in its documentation",
        ) from error  # fmt: skip
    return found


def _failure(said: str, processes: int) -> EngineError:
    """Say what can be done about an error of XLA's."""
    got = (said.splitlines() or [""])[0][:200]
    if "RESOURCE_EXHAUSTED" in said:
        return EngineError(
            "the device has no memory left", got=got,
            mend="take smaller batches or fewer rows at a time, or several devices",
        )  # fmt: skip
    if processes > 1:
        return EngineError(
            "another process of the group has ended", got=got,
            mend="look for the error of that process; its training can be resumed",
        )  # fmt: skip
    return EngineError(
        "XLA has failed on this device", got=got,
        mend='leave precision= out, if you gave it, or compute it with engine="native"',
    )  # fmt: skip


def _mend(found: list[Any]) -> str:
    if found[0].platform == "cpu":
        return (
            "a CPU counts as one; to try several, start Python with "
            f'XLA_FLAGS="--xla_force_host_platform_device_count={len(found) + 3}"'
        )
    return f"write devices={len(found)}"
