"""The back office: one file per area, all on the organization-scoped classes of `base`."""

from rostering.admin import (
    cache,
    certifications,
    contracts,
    notifications,
    organizations,
    rosters,
    shifts,
    sites,
    staff,
)

__all__ = [
    "cache",
    "certifications",
    "contracts",
    "notifications",
    "organizations",
    "rosters",
    "shifts",
    "sites",
    "staff",
]
