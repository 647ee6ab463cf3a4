"""A vendor that misbehaves on request: both dialects, any situation of plan.py, and a record of what it was asked.

    python3 Tests/FakeUpstream [--listen 127.0.0.1:0] [--tls CERTIFICATE KEY]

Prints "listening HOST:PORT" when it is ready and serves until its standard input closes or it is terminated, so that it
never outlives the test that started it. Standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import signal
import ssl
import sys

import control
import plan as plans
from answers import Asked, dumps, error_body
from connection import ClientGone, Connection
from delivery import Delivery, understand
from state import Recorded, State


async def answer(connection: Connection, request: Recorded) -> bool:
    """Answers one request; says whether its connection may carry another."""
    state = connection.state
    if request.target.startswith(control.PREFIX):
        return await control.answer(state, connection, request)
    state.gauge("in_flight", 1)
    outcome = "cancelled"
    try:
        outcome = await _answer(state, connection, request)
    except ClientGone:
        pass
    finally:
        request.outcome = "answered" if outcome == "closing" else outcome
        state.gauge("in_flight", -1)
        state.count(request.outcome)
    return outcome == "answered"


async def _answer(state: State, connection: Connection, request: Recorded) -> str:
    header = dict(request.headers).get("x-fake")
    early = plans.parse(header) if header else None
    if early and not early.read_body:
        state.keep(request)
        return await Delivery(connection, request, early, Asked("anthropic", request.number)).run()
    request.body = await connection.read_body(request)
    connection.body_was_read(request)
    state.keep(request)
    try:
        asked = understand(request, request.body, request.number)
        plan = plans.of_request(header, request.body, asked.model)
    except ValueError as problem:
        return await _refuse(state, connection, request, str(problem))
    request.situation = plan.name
    return await Delivery(connection, request, plan, asked).run()


async def _refuse(state: State, connection: Connection, request: Recorded, problem: str) -> str:
    """A request that the fake does not understand is the test's mistake, and must show as one."""
    state.violation(f"request {request.number}: {problem}")
    body = error_body(Asked("openai", request.number), plans.Plan(), 400)
    body["error"]["message"] = f"fake upstream: {problem}"
    data = dumps(body).encode()
    head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    await connection.write(head.encode() + data)
    return "refused"


async def serve(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    state, numbers, end = State(), itertools.count(1), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if not sys.stdin.isatty():
        loop.add_reader(sys.stdin, lambda: sys.stdin.buffer.read1(4096) or end.set())
    server = await loop.create_server(
        lambda: Connection(state, next(numbers), answer), host, port, ssl=tls, backlog=4096
    )
    print("listening", "{}:{}".format(*server.sockets[0].getsockname()[:2]), flush=True)
    await end.wait()
    server.close()


def main() -> None:
    form = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(prog="FakeUpstream", description=__doc__, formatter_class=form)
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    tls = None
    if options.tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.tls)
    asyncio.run(serve(host, int(port), tls))


if __name__ == "__main__":
    main()
