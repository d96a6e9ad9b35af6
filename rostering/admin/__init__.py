"""The back office: one file per area, all on the organization-scoped classes of `base`."""

from rostering.admin import certifications, contracts, notifications, organizations, rosters, shifts, sites, staff

__all__ = ["certifications", "contracts", "notifications", "organizations", "rosters", "shifts", "sites", "staff"]
