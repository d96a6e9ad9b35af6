"""What can be imported and exported as files, one resource a table; see docs/imports.md."""

from rostering.resources.availability import AvailabilityResource
from rostering.resources.base import OrganizationResource
from rostering.resources.demand import ShiftPatternResource, ShiftResource, ShiftTypeResource
from rostering.resources.formats import FORMATS, ImportRefused
from rostering.resources.people import ContractResource, StaffCertificationResource, StaffResource
from rostering.resources.places import CertificationResource, SiteResource
from rostering.resources.rules import RuleResource

RESOURCES: tuple[type[OrganizationResource], ...] = (
    CertificationResource,
    SiteResource,
    ContractResource,
    ShiftTypeResource,
    RuleResource,
    ShiftPatternResource,
    StaffResource,
    StaffCertificationResource,
    AvailabilityResource,
    ShiftResource,
)
"""In the order in which files of a folder are imported: what is named comes before what names it."""

__all__ = [
    "FORMATS",
    "RESOURCES",
    "AvailabilityResource",
    "CertificationResource",
    "ContractResource",
    "ImportRefused",
    "OrganizationResource",
    "RuleResource",
    "ShiftPatternResource",
    "ShiftResource",
    "ShiftTypeResource",
    "SiteResource",
    "StaffCertificationResource",
    "StaffResource",
]
