"""How an event stream and a body become bytes: line ends, chunks, gzip, cuts. Pure."""

from __future__ import annotations

import zlib

from plan import Plan

EOLS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


def event_bytes(plan: Plan, name: str | None, data: str) -> bytes:
    """One server-sent event, in the plan's spelling."""
    eol = EOLS[plan.eol]
    colon = ": " if plan.space else ":"
    lines = [f"event{colon}{name}"] if name and plan.names else []
    pieces = _lines_of(data) if plan.multiline else [data]
    lines += [f"data{colon}{piece}" for piece in pieces]
    comment = f": FAKE PROCESSING{eol}{eol}" if plan.comments else ""
    return (comment + eol.join(lines) + eol + eol).encode()


def _lines_of(data: str) -> list[str]:
    """A JSON object over two lines, broken after its first comma between members; other text as it is."""
    at = data.find(',"')
    return [data[: at + 1], data[at + 1:]] if at > 0 else [data]


def without_final_blank(plan: Plan, event: bytes) -> bytes:
    """The event without the blank line that would dispatch it (case S-10)."""
    return event[: -len(EOLS[plan.eol])]


def cut_inside_character(event: bytes) -> bytes:
    """The event up to and with the first byte of its first character of several bytes (case S-02)."""
    for index, byte in enumerate(event):
        if byte >= 0xC0:
            return event[: index + 1]
    raise ValueError("this event has no character of several bytes")


class Coding:
    """The content coding and transfer coding of one body, applied as the bytes are written."""

    def __init__(self, plan: Plan, chunked: bool) -> None:
        self._chunked = chunked
        self._extensions = plan.extensions
        self._trailers = plan.trailers
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, 31) if plan.gzip else None

    def body(self, data: bytes) -> bytes:
        """The bytes to send for some bytes of the body."""
        if self._deflate:
            data = self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return self._chunk(data)

    def end(self) -> bytes:
        """The bytes to send when the body is complete."""
        rest = self._chunk(self._deflate.flush()) if self._deflate else b""
        if not self._chunked:
            return rest
        return rest + (b"0\r\nx-fake-trailer: done\r\n\r\n" if self._trailers else b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> bytes:
        if not self._chunked or not data:
            return data
        extension = b';fake="a;b"' if self._extensions else b""
        return b"%x%s\r\n%s\r\n" % (len(data), extension, data)
