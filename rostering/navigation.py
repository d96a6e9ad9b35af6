"""What the navigation asks about a request: who may open an entry, and what stands above the menu."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from jobs.access import manages_schedules
from rostering.access import Action, is_platform_staff
from rostering.exceptions import NoOrganization
from rostering.models import Notification, Organization
from rostering.tenancy import allowed, current_organization

MOST_UNREAD = 99


def may_view(request: HttpRequest) -> bool:
    """For entries every member sees."""
    return allowed(request, Action.VIEW)


def may_schedule(request: HttpRequest) -> bool:
    """For entries of schedulers; platform staff are asked for an organization on the page itself."""
    return allowed(request, Action.SCHEDULE) or is_platform_staff(request.user)


def generate_page(request: HttpRequest) -> str:
    """The address of the page to generate a roster; empty for who may not."""
    return reverse("admin:rostering_roster_generate") if may_schedule(request) else ""


def may_own(request: HttpRequest) -> bool:
    """For entries of owners."""
    return allowed(request, Action.OWN)


def is_platform(request: HttpRequest) -> bool:
    """For entries of platform staff."""
    return is_platform_staff(request.user)


def may_manage_schedules(request: HttpRequest) -> bool:
    """For entries of those who manage the platform's schedules."""
    return manages_schedules(request.user)


def may_open_flower(request: HttpRequest) -> bool:
    """For Flower's entry, where it is set up at all."""
    return bool(settings.FLOWER_URL) and is_platform_staff(request.user)


def organization_name(request: HttpRequest) -> str:
    """The organization one is working in, under the product's name."""
    if not request.user.is_authenticated:
        return ""
    organization = _organization(request)
    if organization is not None:
        return organization.name
    return "All organizations" if is_platform_staff(request.user) else "No organization chosen"


def unread(request: HttpRequest) -> str:
    """How many notifications of the current organization the user has not read; empty where there are none."""
    organization = _organization(request)
    if organization is None:
        return ""
    rows = Notification.objects.owned_by(organization).filter(user_id=request.user.pk, read_at=None)
    number = rows[: MOST_UNREAD + 1].count()
    return f"{MOST_UNREAD}+" if number > MOST_UNREAD else str(number or "")


def environment(request: HttpRequest) -> list[str] | None:
    """A badge on every page of a demo, so that nobody takes it for the real thing."""
    return ["Demo", "info"] if settings.DEMO else None


def at_home(request: HttpRequest) -> bool:
    """Whether the home page is shown."""
    return bool(request.resolver_match and request.resolver_match.url_name == "index")


def at_generate(request: HttpRequest) -> bool:
    """Whether the generate page is shown."""
    return bool(request.resolver_match and request.resolver_match.url_name == "rostering_roster_generate")


def at_rosters(request: HttpRequest) -> bool:
    """Whether a page about rosters is shown, the generate page apart: it has an entry of its own."""
    name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    return name.startswith("rostering_roster_") and not at_generate(request)


def _organization(request: HttpRequest) -> Organization | None:
    try:
        return current_organization(request)
    except (NoOrganization, Organization.DoesNotExist):
        return None
