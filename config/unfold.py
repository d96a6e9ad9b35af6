"""How the back office looks and where its pages stand: navigation by task, for each only what their role opens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

VIEW = "rostering.navigation.may_view"
SCHEDULE = "rostering.navigation.may_schedule"
OWN = "rostering.navigation.may_own"
PLATFORM = "rostering.navigation.is_platform"
SCHEDULES = "rostering.navigation.may_manage_schedules"
FLOWER_OPENS = "rostering.navigation.may_open_flower"


def _item(title: str, icon: str, page: str, permission: str, **more: Any) -> dict[str, Any]:
    """A menu entry; `page` is the name of an admin URL."""

    def link(request: HttpRequest) -> str:
        return reverse(f"admin:{page}")

    return {"title": title, "icon": icon, "link": link, "permission": permission, **more}


def _list(title: str, icon: str, model: str, permission: str = VIEW, **more: Any) -> dict[str, Any]:
    """A menu entry for the list of `model`, given as app_model."""
    return _item(title, icon, f"{model}_changelist", permission, **more)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Muster",
    "SITE_HEADER": "Muster",
    "SITE_SUBHEADER": "rostering.navigation.organization_name",
    "SITE_DROPDOWN": [
        {"icon": "home", "title": "Home", "link": lambda request: reverse("admin:index")},
        {
            "icon": "swap_horiz",
            "title": "Switch organization",
            "link": lambda request: reverse("admin:organization_switch"),
        },
        {"icon": "api", "title": "API documentation", "link": "/api/docs/"},
    ],
    "SITE_SYMBOL": "calendar_view_week",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "rostering.navigation.environment",
    "BORDER_RADIUS": "6px",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("rostering/favicon.svg")},
    ],
    "STYLES": [lambda request: static("rostering/muster.css"), lambda request: static("rostering/board.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
    "DASHBOARD_CALLBACK": "analytics.admin.home.home",
    "COMMAND": {"search_models": True, "show_history": False},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Rostering",
                "items": [
                    _item("Home", "home", "index", VIEW, active="rostering.navigation.at_home"),
                    _list(
                        "Notifications", "notifications", "rostering_notification", badge="rostering.navigation.unread"
                    ),
                    _item(
                        "Generate roster",
                        "auto_awesome",
                        "rostering_roster_generate",
                        SCHEDULE,
                        active="rostering.navigation.at_generate",
                    ),
                    _list(
                        "Rosters",
                        "calendar_view_week",
                        "rostering_roster",
                        active="rostering.navigation.at_rosters",
                    ),
                    _list("Gaps", "person_off", "rostering_gap"),
                    _list("Shifts", "schedule", "rostering_shift"),
                    _list("Patterns", "event_repeat", "rostering_shiftpattern"),
                    _list("Availability", "event_busy", "rostering_availability"),
                    _list("Assignments", "assignment_ind", "rostering_assignment"),
                ],
            },
            {
                "title": "People",
                "separator": True,
                "items": [
                    _list("Staff", "badge", "rostering_staff"),
                    _list("Certifications", "verified", "rostering_certification"),
                    _list("Certifications held", "workspace_premium", "rostering_staffcertification"),
                    _list("Contracts", "contract", "rostering_contract"),
                ],
            },
            {
                "title": "Setup",
                "separator": True,
                "items": [
                    _list("Sites", "location_on", "rostering_site"),
                    _list("Shift types", "palette", "rostering_shifttype"),
                    _list("Rules", "rule", "rostering_rule"),
                    _list("Organization", "apartment", "rostering_organization"),
                    _list("Members", "group", "rostering_membership"),
                ],
            },
            {
                "title": "System",
                "separator": True,
                "items": [
                    _list("Jobs", "progress_activity", "jobs_jobrun"),
                    _list("Daily metrics", "monitoring", "analytics_dailymetrics"),
                    _list("Feature use", "touch_app", "analytics_featureuse"),
                    _list("Customers", "handshake", "analytics_customer", PLATFORM),
                    _list("Schedules", "alarm", "django_celery_beat_periodictask", SCHEDULES),
                    {
                        "title": "Flower",
                        "icon": "local_florist",
                        "link": lambda request: settings.FLOWER_URL,
                        "permission": FLOWER_OPENS,
                        "active": lambda request: False,
                    },
                    _list("Cache", "bolt", "rostering_dataversion", PLATFORM),
                    _list("Users", "manage_accounts", "auth_user", PLATFORM),
                    _list("Groups", "groups", "auth_group", PLATFORM),
                    _list("API tokens", "key", "authtoken_tokenproxy", PLATFORM),
                    _list("Sign-in attempts", "security", "axes_accessattempt", PLATFORM),
                ],
            },
        ],
    },
    "TABS": [
        {
            "models": [f"django_celery_beat.{name}" for name in ("periodictask", "crontabschedule", "intervalschedule")]
            + ["django_celery_beat.clockedschedule", "django_celery_results.taskresult"],
            "items": [
                {
                    "title": "Schedules",
                    "link": lambda request: reverse("admin:django_celery_beat_periodictask_changelist"),
                },
                {
                    "title": "Crontabs",
                    "link": lambda request: reverse("admin:django_celery_beat_crontabschedule_changelist"),
                },
                {
                    "title": "Intervals",
                    "link": lambda request: reverse("admin:django_celery_beat_intervalschedule_changelist"),
                },
                {
                    "title": "Once",
                    "link": lambda request: reverse("admin:django_celery_beat_clockedschedule_changelist"),
                },
                {
                    "title": "Task results",
                    "link": lambda request: reverse("admin:django_celery_results_taskresult_changelist"),
                },
            ],
        },
        {
            "models": ["axes.accessattempt", "axes.accesslog", "axes.accessfailurelog"],
            "items": [
                {"title": "Attempts", "link": lambda request: reverse("admin:axes_accessattempt_changelist")},
                {"title": "Sign-ins", "link": lambda request: reverse("admin:axes_accesslog_changelist")},
                {"title": "Failures", "link": lambda request: reverse("admin:axes_accessfailurelog_changelist")},
            ],
        },
    ],
}
