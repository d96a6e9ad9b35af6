"""Who may see and control which jobs. The installation names its policy in the setting JOBS_ACCESS_POLICY."""

from __future__ import annotations

from typing import Protocol

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from jobs import conf
from jobs.models import JobRun

User = AbstractBaseUser | AnonymousUser

SCHEDULE_PERMISSION = "django_celery_beat.change_periodictask"


def manages_schedules(user: User) -> bool:
    """Whether the user manages the platform's schedules: a superuser, or staff with Django's permission to change them.

    Whoever may edit a schedule may start any kind of job with any parameters, so this is a power over everybody's data.
    """
    if not (isinstance(user, AbstractUser) and user.is_active and user.is_staff):
        return False
    return user.has_perm(SCHEDULE_PERMISSION)


class AccessPolicy(Protocol):
    """What a policy answers; a job that is not visible does not exist for the user."""

    def visible(self, user: User, request: HttpRequest | None) -> QuerySet[JobRun]: ...

    def may_control(self, user: User, job: JobRun) -> bool: ...

    def organization_names(self, user: User, request: HttpRequest | None) -> dict[int, str]:
        """Names of the organizations whose jobs are visible side by side; empty where there is one at most."""
        ...


class OwnJobs:
    """The default: superusers see every job, others those they asked for; who sees a job may control it."""

    def visible(self, user: User, request: HttpRequest | None) -> QuerySet[JobRun]:
        if not user.is_authenticated:
            return JobRun.objects.none()
        if getattr(user, "is_superuser", False):
            return JobRun.objects.all()
        return JobRun.objects.filter(requested_by_id=user.pk)

    def may_control(self, user: User, job: JobRun) -> bool:
        return bool(getattr(user, "is_superuser", False)) or (user.is_authenticated and job.requested_by_id == user.pk)

    def organization_names(self, user: User, request: HttpRequest | None) -> dict[int, str]:
        return {}


def policy() -> AccessPolicy:
    """The policy of this installation."""
    found: AccessPolicy = import_string(conf.access_policy_path())()
    return found
