"""HTTP as a browser speaks it, over connections kept open: one caller who waits, or many at once."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    body: bytes
    etag: str
    milliseconds: float


class Caller:
    """One connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Token {token}", "Accept": "application/json"}

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask once. Raises OSError or http.client.HTTPException."""
        started = time.perf_counter()
        self.connection.request("GET", path, headers={**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        body = response.read()
        elapsed = 1000 * (time.perf_counter() - started)
        return Answer(response.status, body, response.headers.get("ETag", ""), elapsed)


@dataclass(frozen=True)
class Call:
    """A path and the token of who asks for it."""

    path: str
    token: str


@dataclass
class Load:
    """What many callers at once achieved."""

    answers: int
    failures: int
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def run_load(
    port: int, calls: Iterator[Call], *, clients: int, seconds: float, every: Callable[[int], None] | None = None
) -> Load:
    """`clients` connections ask `calls` one after the other until those or the seconds end.

    `every` is told of each call's number before it is made, in a thread of its own.
    """
    return asyncio.run(_load(port, calls, clients, seconds, every))


async def _load(
    port: int, calls: Iterator[Call], clients: int, seconds: float, every: Callable[[int], None] | None
) -> Load:
    numbered = enumerate(calls)
    load = Load(0, 0, 0.0)
    started = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, call in numbered:
            if time.perf_counter() - started > seconds:
                break
            if every is not None:
                await asyncio.to_thread(every, number)
            status = await _ask(reader, writer, call)
            load.answers += 1
            load.failures += status != 200
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    load.seconds = time.perf_counter() - started
    return load


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: Call) -> int:
    writer.write(
        f"GET {call.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Token {call.token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.readexactly(int(value))
    return int(head.split(b" ", 2)[1])


def repeat(call: Call, times: int) -> Iterator[Call]:
    """The same call over and over."""
    return islice(iter(lambda: call, None), times)
