"""Which site `django.contrib.admin` means: Muster's own."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class MusterAdminConfig(AdminConfig):
    """Every `admin.site` in the project is rostering's back office."""

    default_site = "rostering.admin_site.MusterSite"
