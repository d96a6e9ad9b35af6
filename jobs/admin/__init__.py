"""The back office's pages about background work: jobs and workers, schedules, task results."""

from jobs.admin import results, runs, schedules

__all__ = ["results", "runs", "schedules"]
