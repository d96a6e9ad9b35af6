"""A mail server for tests: real SMTP on a loopback port, with the faults real ones have."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it accepts in `messages`. `answers` maps a command (RCPT, DATA-END …) to the reply it gives instead
    of success, "drop" for hanging up without one; DATA-END still keeps the message, as a server does that dies just
    after it has taken it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.messages: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def recipients(self) -> list[str]:
        return [str(message["To"]) for message in self.messages]


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line[:4].decode().strip().upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if not self.reply(verb, "354 go on" if verb == "DATA" else "250 fine"):
                return
            if verb == "DATA" and "DATA" not in self.server.answers and not self.take():
                return

    def take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self.server.answers.get("DATA-END", "2")[0] in "2d":
            message = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.server.messages.append(message)
        return self.reply("DATA-END", "250 taken")

    def reply(self, verb: str, otherwise: str) -> bool:
        answer = self.server.answers.get(verb, otherwise)
        if answer == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self.say(answer)
        return True

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    """A server that runs until the block ends; on this port, or a free one."""
    with MailServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
