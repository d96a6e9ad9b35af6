"""Kinds of jobs: a name, a label for people, a queue, and the function that does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.exceptions import UnknownKind

if TYPE_CHECKING:
    from django.http import HttpRequest

    from jobs.context import JobContext
    from jobs.models import JobRun

Handler = Callable[["JobContext"], Mapping[str, Any] | None]
EndHook = Callable[["JobRun"], None]
Facts = Callable[["JobRun"], list[tuple[str, str]]]
Title = Callable[["JobRun"], str]
StartPage = Callable[["HttpRequest"], str]


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    `max_attempts` counts infrastructure errors and lost workers only: what the domain refuses is not tried again.
    `stoppable` says whether *stop and keep* makes sense. `on_end` runs inside the transaction that writes the
    final state (any of them), so the domain can settle what it prepared; an error in it never changes the state. It
    is then called again, in transactions of their own, until it passes or a retry takes over what there is to settle.
    `stages` are people's words for the stages it reports, and `facts` the result as named values, in order and with
    their units; without it the job page shows the result's `summary` as it is. `title` is what people call one such
    job, where label and subject do not read well, and `start_page` the address of the page where the user may start
    one, if any.
    """

    name: str
    label: str
    queue: str
    max_attempts: int
    handler: Handler
    stoppable: bool = True
    on_end: EndHook | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    facts: Facts | None = None
    title: Title | None = None
    start_page: StartPage | None = None


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    queue: str = "default",
    max_attempts: int = 3,
    label: str = "",
    stoppable: bool = True,
    on_end: EndHook | None = None,
    stages: Mapping[str, str] | None = None,
    facts: Facts | None = None,
    title: Title | None = None,
    start_page: StartPage | None = None,
) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of `name`.

    The handler gets a `JobContext` and returns what becomes the job's result (a JSON object), or ends the job
    itself through `JobContext.publish`. Raises `ValueError` when another function already has the name.
    """
    if max_attempts < 1:
        raise ValueError(f"Job kind {name!r}: max_attempts must be at least 1, got {max_attempts}.")

    def register(handler: Handler) -> Handler:
        known = _kinds.get(name)
        if known is not None and (known.handler.__module__, known.handler.__qualname__) != (
            handler.__module__,
            handler.__qualname__,
        ):
            raise ValueError(f"Job kind {name!r} is already handled by {known.handler.__module__}.")
        _kinds[name] = JobKind(
            name,
            label or name,
            queue,
            max_attempts,
            handler,
            stoppable,
            on_end,
            stages=dict(stages or {}),
            facts=facts,
            title=title,
            start_page=start_page,
        )
        return handler

    return register


def get_kind(name: str) -> JobKind:
    """The registered kind. Raises `UnknownKind`."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"No job kind is called {name!r} in this installation.") from None


def find_kind(name: str) -> JobKind | None:
    """The registered kind, or None for a row written by an installation that knew more kinds."""
    return _kinds.get(name)


def kind_label(name: str) -> str:
    """The label people see; the bare name for kinds no longer registered."""
    kind = _kinds.get(name)
    return kind.label if kind else name


def all_kinds() -> list[JobKind]:
    """Every registered kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]
