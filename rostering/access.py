"""Who may do what in which organization: the one place that answers it, for admin, API and jobs alike."""

from __future__ import annotations

import enum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from jobs.access import manages_schedules
from jobs.models import JobRun
from rostering import versions
from rostering.exceptions import NoOrganization
from rostering.models import Membership, Organization, Role

User = AbstractBaseUser | AnonymousUser

SESSION_KEY = "organization"
HEADER = "X-Organization"
PARAMETER = "organization"
LONGEST_NUMBER = 19
"""Digits that no id of the database reaches."""


class Action(enum.Enum):
    """What a role is needed for; the value is the least role that may."""

    VIEW = Role.VIEWER
    SCHEDULE = Role.SCHEDULER
    MANAGE = Role.MANAGER
    OWN = Role.OWNER


def is_platform_staff(user: User) -> bool:
    """Whether the user runs the platform and sees every organization."""
    return bool(user.is_authenticated and user.is_active and getattr(user, "is_superuser", False))


def organizations_of(user: User) -> QuerySet[Organization]:
    """The organizations a user can see: all for platform staff, else those of their memberships."""
    if not user.is_authenticated or not user.is_active:
        return Organization.objects.none()
    if is_platform_staff(user):
        return Organization.objects.all()
    return Organization.objects.filter(active=True, memberships__user_id=user.pk)


FIELDS = [field.attname for field in Organization._meta.concrete_fields]
COLUMNS = ", ".join(f'organization."{field.column}"' for field in Organization._meta.concrete_fields)
EXTRAS = ("member_role", "has_written", "versions")
MINE = f"""
    SELECT {COLUMNS}, membership.role AS member_role, {versions.COLUMNS}
    FROM rostering_organization AS organization
    JOIN rostering_membership AS membership ON membership.organization_id = organization.id
    WHERE organization.active AND membership.user_id = %s
"""  # noqa: S608 - our own words only


def memberships_of(user: User) -> list[Organization]:
    """As `organizations_of`, for who is not platform staff, each with the user's `member_role` and its data's versions.

    Every request asks: writing the statement anew each time, or a second one, takes longer than running it.
    """
    if not user.is_authenticated or not user.is_active:
        return []
    with connection.cursor() as cursor:
        cursor.execute(MINE, [user.pk])
        return [_loaded(row) for row in cursor.fetchall()]


def _loaded(row: tuple[Any, ...]) -> Organization:
    organization = Organization.from_db(DEFAULT_DB_ALIAS, FIELDS, row[: len(FIELDS)])
    for name, value in zip(EXTRAS, row[len(FIELDS) :], strict=True):
        setattr(organization, name, value)
    return organization


def role_in(user: User, organization: Organization | int) -> Role | None:
    """The user's role there; platform staff have every power; None for an outsider."""
    if is_platform_staff(user):
        return Role.OWNER
    pk = organization if isinstance(organization, int) else organization.pk
    membership = Membership.objects.filter(organization_id=pk, organization__active=True, user_id=user.pk).first()
    return Role(membership.role) if membership else None


def may(user: User, organization: Organization | int, action: Action) -> bool:
    """Whether the user's role there is enough for the action."""
    role = role_in(user, organization)
    return role is not None and role.rank >= action.value.rank


def find_organization(user: User, named: str) -> Organization | None:
    """The organization a user means by slug or id; None when they cannot see it."""
    if not is_platform_staff(user):
        return _meant(memberships_of(user), named)
    found = Organization.objects.filter(slug=named).first()
    if found is None and _is_number(named):
        found = Organization.objects.filter(pk=int(named)).first()
    return found


def _meant(visible: list[Organization], named: str) -> Organization | None:
    """The one of this slug, else the one of this id."""
    by_slug = (one for one in visible if one.slug == named)
    by_id = (one for one in visible if _is_number(named) and one.pk == int(named))
    return next(by_slug, None) or next(by_id, None)


def _is_number(named: str) -> bool:
    return named.isdecimal() and len(named) < LONGEST_NUMBER


def named_organization(request: HttpRequest) -> str:
    """The organization a request names itself, by header or query parameter; empty when it names none."""
    return request.headers.get(HEADER) or request.GET.get(PARAMETER) or ""


def chosen_organization(request: HttpRequest) -> Organization | None:
    """The organization this request is about.

    Named by header, query parameter or the session's choice, in this order; else the only one the user has. None for
    platform staff who chose none (they mean all). Raises `Organization.DoesNotExist` for one the user cannot see and
    `NoOrganization`, with a sentence, for a member of none or of several who chose none.
    """
    user = request.user
    platform = is_platform_staff(user)
    mine = [] if platform else memberships_of(user)

    def found(named: str) -> Organization | None:
        return find_organization(user, named) if platform else _meant(mine, named)

    if named := named_organization(request):
        if (meant := found(named)) is None:
            raise Organization.DoesNotExist(f"No organization “{named}”.")
        return meant
    session = getattr(request, "session", None)
    remembered = session.get(SESSION_KEY) if session is not None else None
    if remembered and (meant := found(str(remembered))):
        return meant
    if platform:
        return None
    if len(mine) == 1:
        return mine[0]
    if not mine:
        raise NoOrganization("You are a member of no organization; ask an owner to add you.")
    raise NoOrganization(f"You belong to several organizations; name one with the {HEADER} header or ?{PARAMETER}=.")


class JobAccess:
    """The jobs app's access policy: members see their organization's jobs, schedulers control them.

    Jobs of no organization are the platform's: who manages its schedules sees and controls them.
    """

    def visible(self, user: User, request: HttpRequest | None) -> QuerySet[JobRun]:
        """Jobs the user may know of, of one organization where the request chose one.

        A member of several who chose none sees the jobs of all of them. Raises `Organization.DoesNotExist` when the
        request names an organization the user cannot see.
        """
        platform = Q(organization_id__isnull=True) if manages_schedules(user) else Q(pk__in=[])
        jobs = JobRun.objects.all()
        if not is_platform_staff(user):
            jobs = jobs.filter(Q(organization_id__in=organizations_of(user).values("pk")) | platform)
        organization = self._organization(request)
        if organization is None or request is None:
            return jobs
        own = Q(organization_id=organization.pk)
        # Named in the request, the organization is meant alone; one remembered from earlier hides nothing of one's own.
        return jobs.filter(own if named_organization(request) else own | platform)

    def may_control(self, user: User, job: JobRun) -> bool:
        """Schedulers and above of the job's organization; those who manage schedules for the platform's."""
        if job.organization_id is None:
            return manages_schedules(user)
        return may(user, job.organization_id, Action.SCHEDULE)

    def organization_names(self, user: User, request: HttpRequest | None) -> dict[int, str]:
        """All the user can see while none is chosen, by id; empty otherwise."""
        if self._organization(request) is not None:
            return {}
        return dict(organizations_of(user).order_by("name").values_list("pk", "name"))

    def _organization(self, request: HttpRequest | None) -> Organization | None:
        try:
            return chosen_organization(request) if request is not None else None
        except NoOrganization:
            return None
