"""Filling a draft: the only place where the ORM and the solver meet, run by the job `roster.generate`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, cast

from jobs.context import JobContext
from jobs.exceptions import JobCancelled, JobFailed
from jobs.models import JobRun
from jobs.states import ShouldStop, Status
from rostering.fanout.crew import chosen_crew
from rostering.models import Assignment, Gap, Roster
from rostering.selectors.problems import Loaded, load_problem
from rostering.selectors.results import result_payload
from rostering.services.scoring import Judged, quick_remedies, write_figures
from rostering.solver import engine
from rostering.solver.remedies import all_remedies
from rostering.solver.remedy import Found
from rostering.solver.result import Algorithm, Assignments, Hooks, Options, Progress, Result, Signal, relative_gap
from rostering.solver.result import Status as SolverStatus
from rostering.solver.standing import Standing

SECONDS_BETWEEN_DRAFTS = 4.0
LOADED_PERCENT = 3.0
SOLVED_PERCENT = 96.0
SAVING_PERCENT = 98.0
EXPLAINING_SHARE = 0.1
"""Share of the solver's own seconds that may go, after it, into what would fill the open places."""
LEAST_EXPLAINING_SECONDS, MOST_EXPLAINING_SECONDS = 1.0, 10.0

SIGNALS = {ShouldStop.NONE: Signal.GO_ON, ShouldStop.STOP: Signal.STOP, ShouldStop.CANCEL: Signal.CANCEL}


def generate_roster(*, roster_id: int, context: JobContext) -> None:
    """Solve a draft roster and publish the job's result: assignments, gaps, score and the payload the API answers.

    While it runs, each better roster is stored every few seconds, so the roster page shows the best so far. Raises
    JobFailed with a sentence when there is nothing to solve, and JobCancelled when asked to give up.
    """
    roster = Roster.objects.select_related("organization").filter(pk=roster_id).first()
    if roster is None:
        raise JobFailed("The roster was deleted before it could be made; generate a new one.")
    if roster.status != Roster.Status.DRAFT:
        raise JobFailed(f"{roster} is {roster.get_status_display().lower()}; only a draft can be filled.")
    context.report(progress=1, stage="loading", message="Reading staff, shifts, rules and published work…")
    loaded = load_problem(roster)
    if not loaded.problem.shifts:
        raise JobFailed("There are no shifts left on these dates and sites; add some and generate again.")
    people, shifts = len(loaded.staff), len(loaded.shifts)
    context.report(progress=LOADED_PERCENT, stage="loading", message=f"{people} staff and {shifts} shifts read.")
    result = _Solve(roster, loaded, context).run()
    if result.status is SolverStatus.CANCELLED:
        raise JobCancelled("Cancelled; nothing of it was kept.")
    remedies = _look_for_remedies(Judged(loaded, result.assignments, result.judgement), result, context)
    context.report(progress=SAVING_PERCENT, stage="saving", message="Saving the roster…")
    context.publish(lambda: _save(roster, loaded, result, remedies))


def _look_for_remedies(judged: Judged, result: Result, context: JobContext) -> dict[str, Found]:
    """What would fill the open places, in a small share of the time limit; in no time when asked to stop."""
    short = len(result.judgement.shortfalls)
    if not short:
        return {}
    message = f"Looking for what would fill {short} shift{'' if short == 1 else 's'} with open places…"
    context.report(progress=SOLVED_PERCENT, stage="explaining", message=message)
    if result.status is SolverStatus.STOPPED or context.should_stop() is ShouldStop.STOP:
        return quick_remedies(judged)
    return all_remedies(
        Standing(judged.loaded.problem, judged.assignments, judged.judgement),
        seconds=min(MOST_EXPLAINING_SECONDS, max(LEAST_EXPLAINING_SECONDS, EXPLAINING_SHARE * result.seconds)),
        should_stop=lambda: context.should_stop() is not ShouldStop.NONE,
    )


def settle(job: JobRun) -> None:
    """Called as a job ends, or later: a draft whose making failed or was cancelled is left empty but for its pins.

    Later somebody may be publishing it: then this waits, and leaves it alone.
    """
    if job.status == Status.SUCCEEDED:
        return
    drafts = Roster.objects.filter(status=Roster.Status.DRAFT).select_for_update(of=("self",))
    roster = drafts.filter(pk=job.params.get("roster_id")).first()
    if roster is not None:
        _clear(roster)
        Gap.objects.filter(roster=roster).delete()
        roster.solver_status = job.status
        roster.save(update_fields=["solver_status"])


@dataclass
class _Solve:
    """One run of the solver, with its reports passed on to the job and its better rosters stored on the way."""

    roster: Roster
    loaded: Loaded
    context: JobContext
    stored_at: float = field(default=-SECONDS_BETWEEN_DRAFTS)

    def run(self) -> Result:
        options = Options(
            algorithm=cast(Algorithm, self.roster.algorithm),
            time_limit_seconds=float(self.roster.time_limit_seconds),
            seed=self.roster.seed,
        )
        hooks = Hooks(self.report, lambda: SIGNALS[self.context.should_stop()], chosen_crew())
        return engine.solve(self.loaded.problem, options, hooks)

    def report(self, progress: Progress) -> None:
        share = min(max(progress.progress, 0.0), 100.0) / 100
        bound = _useful(progress.bound)
        gap = relative_gap(progress.objective, bound)
        self.context.report(
            progress=LOADED_PERCENT + (SOLVED_PERCENT - LOADED_PERCENT) * share,
            stage=progress.stage,
            message=progress.message,
            objective=progress.objective,
            bound=bound,
            gap=100 * gap if gap is not None else None,
            coverage=progress.coverage,
        )
        if progress.assignments is not None and time.monotonic() - self.stored_at >= SECONDS_BETWEEN_DRAFTS:
            found = progress.assignments
            self.context.try_checkpoint(lambda: self.store(found, progress))
            self.stored_at = time.monotonic()

    def store(self, found: Assignments, progress: Progress) -> None:
        _replace_assignments(self.roster, found)
        Roster.objects.filter(pk=self.roster.pk).update(
            objective=progress.objective, bound=_useful(progress.bound), coverage=progress.coverage
        )


def _save(roster: Roster, loaded: Loaded, result: Result, remedies: dict[str, Found]) -> dict[str, Any]:
    _replace_assignments(roster, result.assignments)
    roster.solver_status = result.status.value
    roster.bound = _useful(result.bound)
    roster.solve_seconds = round(result.seconds, 2)
    roster.save(update_fields=["solver_status", "bound", "solve_seconds"])
    write_figures(roster=roster, judged=Judged(loaded, result.assignments, result.judgement), remedies=remedies)
    return result_payload(roster)


def _useful(bound: float | None) -> float | None:
    """A bound worth showing: no rule pays points out, so one below nothing says nothing."""
    return bound if bound is not None and bound >= 0 else None


def _clear(roster: Roster) -> None:
    Assignment.objects.filter(roster=roster, pinned=False).exclude(source=Assignment.Source.MANUAL).delete()


def _replace_assignments(roster: Roster, found: Assignments) -> None:
    """Make the roster's assignments equal to the solver's; pinned rows stay the rows they are."""
    Assignment.objects.filter(roster=roster, pinned=False).delete()
    kept = set(Assignment.objects.filter(roster=roster).values_list("staff_id", "shift_id"))
    wanted = {(int(staff), int(shift)) for staff, shift in found}
    Assignment.objects.bulk_create(
        (
            Assignment(
                organization_id=roster.organization_id,
                roster=roster,
                shift_id=shift,
                staff_id=staff,
                source=Assignment.Source.SOLVER,
            )
            for staff, shift in sorted(wanted - kept)
        ),
        batch_size=2000,
    )
