"""A rendered answer, sealed: what Redis gives back is believed only if we wrote it, under this very key."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

_SALT = "rostering.cache.answers"
_MARK = b"muster1"


@dataclass(frozen=True)
class Answer:
    """Rendered bytes, and the moment (seconds since the epoch) from which they are no longer served."""

    body: bytes
    expires_at: float

    @property
    def seconds_left(self) -> float:
        """How long it may still be served; negative when it may not."""
        return self.expires_at - time.time()


def seal(key: str, answer: Answer) -> bytes:
    """The answer as Redis keeps it: a line with its end and a signature over key, end and body, then the body.

    Plain bytes: nothing that is read back is ever unpickled or executed.
    """
    end = b"%.3f" % answer.expires_at
    return b"%b %b %b\n%b" % (_MARK, end, _signature(key, end, answer.body), answer.body)


def unseal(key: str, stored: bytes | None) -> Answer | None:
    """The answer; None when there is none, it is past its end, damaged, planted, or another key's."""
    if not stored:
        return None
    head, newline, body = stored.partition(b"\n")
    parts = head.split(b" ")
    if not newline or len(parts) != 3 or parts[0] != _MARK:
        return None
    if not hmac.compare_digest(parts[2], _signature(key, parts[1], body)):
        return None
    answer = Answer(body, float(parts[1]))
    return answer if answer.seconds_left > 0 else None


def _signature(key: str, end: bytes, body: bytes) -> bytes:
    signed = salted_hmac(_SALT, b"\n".join((key.encode(), end, body)), algorithm="sha256")
    return signed.hexdigest()[:32].encode()
