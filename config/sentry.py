"""Errors to Sentry, without a word about anybody. Imported only where `SENTRY_DSN` is set.

What leaves the machine is built from a list of what may: kinds of errors, where in the code they happened, which route
or task ran. No message of an error (databases quote the row in theirs), no local variables, no request but its method
(addresses carry search words and feed tokens), no user, no breadcrumbs. The log of the process has the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.types import Event, Hint

TOP = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "logger",
    "release",
    "environment",
    "server_name",
    "sdk",
    "modules",
)
FRAME = (
    "abs_path",
    "context_line",
    "filename",
    "function",
    "in_app",
    "lineno",
    "module",
    "post_context",
    "pre_context",
)
# Loggers whose messages are literals of ours; others may have put their arguments in already.
OURS = ("analytics", "config", "jobs", "rostering")
JOB_TAGS = ("job_id", "job_kind", "job_attempt")
# Transaction names that are patterns or code; "url" would be the address itself.
NAMED_BY_CODE = frozenset({"route", "task", "view", "component"})


def start(*, dsn: str, version: str, environment: str) -> None:
    """Report errors of this process, and of the processes it forks, from now on."""
    # Strangers make these by the thousand, and there is nothing to mend.
    ignore_logger("django.security.DisallowedHost")
    sentry_sdk.init(
        dsn=dsn,
        release=f"muster@{version}",
        environment=environment,
        integrations=[DjangoIntegration(signals_spans=False), CeleryIntegration(propagate_traces=False)],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=scrub,
    )


def scrub(event: Event, hint: Hint) -> Event:
    """The event again, made of what may leave the machine only."""
    sent: dict[str, Any] = _only(event, TOP)
    sent["tags"] = {name: str(value) for name, value in event.get("extra", {}).items() if name in JOB_TAGS}
    if event.get("transaction_info", {}).get("source") in NAMED_BY_CODE:
        sent["transaction"] = event["transaction"]
    if method := event.get("request", {}).get("method"):
        sent["request"] = {"method": method}
    if runtime := event.get("contexts", {}).get("runtime"):
        sent["contexts"] = {"runtime": runtime}
    if template := _template(event):
        sent["logentry"] = {"message": template}
    if "exception" in event:
        sent["exception"] = {"values": [_exception(one) for one in event["exception"]["values"]]}
    return sent  # type: ignore[return-value]  # a TypedDict, copied by key


def _template(event: Event) -> str:
    """The message of a log line before its arguments went in; empty when they may be in already."""
    entry = event.get("logentry", {})
    ours = str(event.get("logger", "")).partition(".")[0] in OURS
    return str(entry.get("message", "")) if ours or entry.get("params") else ""


def _exception(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = _only(one, ("type", "module"))
    kept["value"] = "(see the log of the process)"
    kept["mechanism"] = _only(one.get("mechanism") or {"type": "generic"}, ("type", "handled"))
    frames = (one.get("stacktrace") or {}).get("frames", [])
    kept["stacktrace"] = {"frames": [_only(frame, FRAME) for frame in frames]}
    return kept


def _only(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
