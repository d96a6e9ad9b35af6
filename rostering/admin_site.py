"""The back office as a Django admin site: every page runs inside one organization, in its time zone."""

from __future__ import annotations

import inspect
import time
import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from unfold.sites import UnfoldAdminSite

from rostering.access import SESSION_KEY, find_organization, is_platform_staff, organizations_of
from rostering.exceptions import NoOrganization
from rostering.models import Organization
from rostering.tenancy import current_organization, decide_organization

SEARCHABLE = ["rostering.staff", "rostering.site", "rostering.roster", "rostering.contract"]
SEARCH_PAGE = 50
JOB_LINES = "rostering.admin.home.job_lines"
"""By name: the admin package imports this site while it registers itself."""


class MusterSite(UnfoldAdminSite):
    """Admin pages by task; users of several organizations choose one, platform staff may look at all."""

    enable_nav_sidebar = True

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Wrap a view so that it runs, and renders, in the organization's time zone.

        A user who has not chosen between organizations is asked to; an organization they cannot see is a 404. Pages
        about the platform open for who manages it without being a member anywhere.
        """
        model_admin = getattr(inspect.unwrap(view, stop=lambda part: hasattr(part, "__self__")), "__self__", None)
        opens_outside = getattr(model_admin, "stands_outside_organizations", None)

        def in_organization(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                organization = current_organization(request)
            except Organization.DoesNotExist as unknown:
                raise Http404(str(unknown)) from unknown
            except NoOrganization:
                member = organizations_of(request.user).exists()
                if member or opens_outside is None or not opens_outside(request):
                    return redirect(
                        f"{reverse('admin:organization_switch')}?{urlencode({'next': request.get_full_path()})}"
                    )
                organization = None
            with timezone.override(organization.tz if organization else zoneinfo.ZoneInfo("UTC")):
                response: HttpResponse = view(request, *args, **kwargs)
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        in_organization.__dict__.update(view.__dict__)
        wrapped: Callable[..., Any] = super().admin_view(in_organization, cacheable)
        return wrapped

    def get_urls(self) -> list[URLPattern]:
        """The switcher stands outside any organization, so it is wrapped by the plain admin view."""
        switch = super().admin_view(csrf_protect(never_cache(self.switch_view)))
        urls: list[URLPattern] = [path("organization/", switch, name="organization_switch"), *super().get_urls()]
        return urls

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The home page; its jobs tile alone when htmx asks for it again."""
        organization = current_organization(request)
        if request.GET.get("part") == "jobs" and organization is not None:
            response = render(request, "admin/home/jobs.html", {"jobs": import_string(JOB_LINES)(organization)})
            response["Cache-Control"] = "no-store"
            return response
        whole: HttpResponse = super().index(request, extra_context)
        return whole

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        """Choose the organization to work in; kept in the session. Another's organization is a 404."""
        onward = request.POST.get("next") or request.GET.get("next") or ""
        if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
            onward = reverse("admin:index")
        if request.method == "POST":
            named = request.POST.get("organization", "")
            if named:
                organization = find_organization(request.user, named)
                if organization is None:
                    raise Http404("No such organization.")
                request.session[SESSION_KEY] = organization.slug
            else:
                request.session.pop(SESSION_KEY, None)
            return redirect(onward)
        organizations = organizations_of(request.user)
        chosen = find_organization(request.user, str(request.session.get(SESSION_KEY, "")))
        decide_organization(request, chosen)  # the page needs one to render its menu
        context = {
            **self.each_context(request),
            "title": "Choose an organization",
            "organizations": organizations,
            "chosen": chosen,
            "may_see_all": is_platform_staff(request.user),
            "next": onward,
        }
        return render(request, "admin/organization_switch.html", context, status=200 if organizations else 403)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Find pages and records of the current organization; never cached, for the organization can change."""
        term = (request.GET.get("s") or "").strip().lower()[:100]
        if not term:
            return HttpResponse()
        started = time.perf_counter()
        apps = self.get_app_list(request)
        results = [*self._search_apps(self.get_app_list(request), term)]
        if "extended" in request.GET:
            results += self._search_models(request, apps, term, SEARCHABLE)
        kind = "command_results" if "extended" in request.GET else "search_results"
        shown = results[:SEARCH_PAGE]
        seconds = time.perf_counter() - started
        context = {"results": shown, "page_obj": {"count": len(shown)}, "page_counter": 0, "execution_time": seconds}
        response = render(request, f"unfold/helpers/{kind}.html", context)
        response["HX-Trigger"] = "search"
        return response
