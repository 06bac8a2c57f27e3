"""The pipe between server and worker: packets of a length, a kind, a page and bytes."""

from __future__ import annotations

import contextlib
import struct
import threading
from typing import BinaryIO, NamedTuple, final

__all__ = ["EVERYONE", "Packet", "Wire"]

HEAD = struct.Struct("<IcI")
EVERYONE = 0  # the page number of what all pages are to hear


class Packet(NamedTuple):
    """A message of a page or to it: ``T``ext, ``B``inary, or ``I``nternal, which no page sends."""

    kind: bytes
    page: int
    body: bytes


@final
class Wire:
    """Reads packets from one stream and writes them to another, one at a time."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self._source, self._target = source, target
        self._writing = threading.Lock()

    def write(self, kind: bytes, page: int, body: bytes) -> None:
        """Write a packet; several threads may."""
        with self._writing:
            self._target.write(HEAD.pack(len(body), kind, page) + body)
            self._target.flush()

    def read(self) -> Packet | None:
        """Wait for the next packet; none comes after the end of the stream."""
        head = self._exactly(HEAD.size)
        if head is None:
            return None
        length, kind, page = HEAD.unpack(head)
        body = self._exactly(length)
        return None if body is None else Packet(kind, page, body)

    def close(self) -> None:
        """Close both streams."""
        for stream in (self._source, self._target):
            with contextlib.suppress(OSError, ValueError):
                stream.close()

    def _exactly(self, length: int) -> bytes | None:
        parts = []
        while length:
            part = self._source.read(length)
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)
