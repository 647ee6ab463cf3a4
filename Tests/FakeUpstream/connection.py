"""One TCP connection: reads requests strictly, hands each to the answering side, and tells when the peer went away.

A gateway's requests come over clean software, so anything a strict reader would not accept is a violation that the test
sees afterwards, even where the answer is given all the same.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable

from state import Recorded, State

LARGEST_HEAD = 256 * 1024
LARGEST_BODY = 256 * 1024 * 1024
_REQUEST_LINE = re.compile(rb"([A-Z]+) (/[!-~]*|\*) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


class ClientGone(Exception):
    """The peer closed or reset the connection before its answer was complete."""


class Connection(asyncio.Protocol):
    """Reads requests one after another and calls `answer` for each; `answer` says whether the connection goes on."""

    def __init__(self, state: State, number: int, answer: Callable[[Connection, Recorded], Awaitable[bool]]) -> None:
        self.state = state
        self.number = number
        self.gone = asyncio.Event()
        self._answer = answer
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._request: Recorded | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.state.count("accepted")
        self.state.gauge("connections", 1)
        self._task = asyncio.ensure_future(self._serve())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()

    def eof_received(self) -> bool:
        self.gone.set()
        self._arrived.set()
        return False

    def connection_lost(self, _: Exception | None) -> None:
        if not self._can_write.is_set():
            self.state.gauge("paused", -1)
        self.gone.set()
        self._arrived.set()
        self._can_write.set()
        self.state.gauge("connections", -1)

    def pause_writing(self) -> None:
        self._can_write.clear()
        self.state.gauge("paused", 1)

    def resume_writing(self) -> None:
        self._can_write.set()
        self.state.gauge("paused", -1)

    # the answering side's

    def body_was_read(self, request: Recorded) -> None:
        """The whole request is here: nothing may follow it until it is answered; pooled clients do not pipeline."""
        if self._buffer:
            self.state.violation(f"request {request.number}: {len(self._buffer)} bytes follow it before its answer")

    async def write(self, data: bytes, chop: int = 0) -> None:
        """Sends bytes, `chop` at a time, and waits while the peer does not read."""
        step = chop or max(len(data), 1)
        for start in range(0, len(data), step):
            if self.gone.is_set():
                raise ClientGone
            piece = data[start:start + step]
            self._transport.write(piece)
            if self._request:
                self._request.written += len(piece)
            self.state.counters["written"] += len(piece)
            await asyncio.sleep(0)
            await self._can_write.wait()
        if self.gone.is_set():
            raise ClientGone

    async def pause(self, milliseconds: float) -> None:
        """Waits, or ends early by `ClientGone`."""
        try:
            await asyncio.wait_for(self.gone.wait(), milliseconds / 1000)
        except asyncio.TimeoutError:
            return
        raise ClientGone

    async def at_gate(self, name: str) -> None:
        """Waits for a test to open the gate, or ends by `ClientGone`."""
        self.state.gauge("waiting", 1)
        opened = asyncio.ensure_future(self.state.gate(name).wait())
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait({opened, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()
            gone.cancel()
            self.state.gauge("waiting", -1)
        if self.gone.is_set():
            raise ClientGone

    async def until_gone(self) -> None:
        await self.gone.wait()
        raise ClientGone

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        raw = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        self._transport.close()

    # reading

    async def _serve(self) -> None:
        try:
            while await self._one():
                pass
        except ClientGone:
            pass
        finally:
            self._transport.close()

    async def _one(self) -> bool:
        request = await self._read_head()
        if not request:
            return False
        self._request = request
        goes_on = await self._answer(self, request)
        self._request = None
        return goes_on

    async def _read_head(self) -> Recorded | None:
        end = -1
        while end < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0 and (not await self._more() or len(self._buffer) > LARGEST_HEAD):
                if self._buffer:
                    self.state.violation(f"connection {self.number} ended inside a head: {bytes(self._buffer[:80])!r}")
                return None
        head = bytes(self._buffer[:end + 4])
        del self._buffer[:end + 4]
        return self._parse(head)

    def _parse(self, head: bytes) -> Recorded | None:
        lines = head[:-4].split(b"\r\n")
        first = _REQUEST_LINE.fullmatch(lines[0])
        fields = [_HEADER.fullmatch(line) for line in lines[1:]]
        if not first or not all(fields):
            self.state.violation(f"connection {self.number}: malformed head {head[:200]!r}")
            return None
        headers = [(f[1].decode().lower(), f[2].decode("latin-1")) for f in fields if f]
        method, target = first[1].decode(), first[2].decode()
        request = Recorded(self.state.next_number(), self.number, method, target, headers, head)
        self._check(request, first[3] == b"1")
        return request

    def _check(self, request: Recorded, current: bool) -> None:
        """RFC 9112 §3.2 and §6: one host, one length, never a length and a transfer coding."""
        names = [name for name, _ in request.headers]
        for name in ("host", "content-length", "transfer-encoding", "authorization", "x-api-key", "content-type"):
            if names.count(name) > 1:
                self.state.violation(f"request {request.number}: {names.count(name)} times {name}")
        if current and "host" not in names:
            self.state.violation(f"request {request.number}: no host")
        if "content-length" in names and "transfer-encoding" in names:
            self.state.violation(f"request {request.number}: both content-length and transfer-encoding")

    async def read_body(self, request: Recorded) -> bytes:
        """The request's body without its transfer coding."""
        values = dict(request.headers)
        if values.get("expect", "").lower() == "100-continue":
            await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if values.get("transfer-encoding", "").lower() == "chunked":
            return await self._read_chunks()
        length = values.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.state.violation(f"request {request.number}: content-length {length!r}")
            raise ClientGone
        return await self._read_exactly(int(length))

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = int((await self._read_line()).split(b";")[0], 16)
            if size == 0:
                while await self._read_line():
                    pass
                return bytes(body)
            body += await self._read_exactly(size)
            if await self._read_exactly(2) != b"\r\n":
                self.state.violation(f"connection {self.number}: a chunk without its end")

    async def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not await self._more():
                raise ClientGone
        line = bytes(self._buffer[:end])
        del self._buffer[:end + 2]
        return line

    async def _read_exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not await self._more():
                raise ClientGone
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def _more(self) -> bool:
        """Waits for bytes; False when the peer will send none."""
        if self.gone.is_set():
            return False
        self._arrived.clear()
        await self._arrived.wait()
        return not self.gone.is_set() or bool(self._buffer)
