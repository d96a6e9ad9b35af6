"""The domain's tables, one file a noun."""

from rostering.models.base import OwnedModel
from rostering.models.certifications import Certification, StaffCertification
from rostering.models.contracts import Contract, OvertimeTier, Rule
from rostering.models.notifications import Notification
from rostering.models.organizations import Membership, Organization, Role, Weekday
from rostering.models.rosters import Assignment, Gap, Roster
from rostering.models.shifts import Priority, Shift, ShiftPattern, ShiftType
from rostering.models.sites import Site
from rostering.models.staff import Availability, Staff
from rostering.models.versions import DataVersion, Topic

__all__ = [
    "Assignment",
    "Availability",
    "Certification",
    "Contract",
    "DataVersion",
    "Gap",
    "Membership",
    "Notification",
    "Organization",
    "OvertimeTier",
    "OwnedModel",
    "Priority",
    "Role",
    "Roster",
    "Rule",
    "Shift",
    "ShiftPattern",
    "ShiftType",
    "Site",
    "Staff",
    "StaffCertification",
    "Topic",
    "Weekday",
]
