"""What managers set up once: sites, certifications, contracts, rules, shift types."""

from __future__ import annotations

import django_filters

from rostering.api.filtering import OwnedFilterSet
from rostering.api.serializers.certifications import CertificationSerializer
from rostering.api.serializers.contracts import ContractSerializer, OvertimeTierSerializer, RuleSerializer
from rostering.api.serializers.shifts import ShiftTypeSerializer
from rostering.api.serializers.sites import SiteSerializer
from rostering.api.views.base import OwnedViewSet
from rostering.models import Certification, Contract, OvertimeTier, Rule, ShiftType, Site


class SiteFilter(OwnedFilterSet):
    """`?active=`, `?code=`, `?client_name=`."""

    class Meta:
        model = Site
        fields = ["active", "code", "client_name"]


class SiteViewSet(OwnedViewSet[Site]):
    """Places that are staffed."""

    queryset = Site.objects.none()
    serializer_class = SiteSerializer
    filterset_class = SiteFilter
    search_fields = ["code", "name", "client_name", "address"]
    ordering_fields = ["code", "name", "client_name"]
    prefetched = ("required_certifications",)


class CertificationFilter(OwnedFilterSet):
    """`?kind=`, `?blocks=`, `?code=`."""

    class Meta:
        model = Certification
        fields = ["kind", "blocks", "code"]


class CertificationViewSet(OwnedViewSet[Certification]):
    """Kinds of licenses and skills."""

    queryset = Certification.objects.none()
    serializer_class = CertificationSerializer
    filterset_class = CertificationFilter
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]


class ContractFilter(OwnedFilterSet):
    """`?name=`."""

    class Meta:
        model = Contract
        fields = ["name"]


class ContractViewSet(OwnedViewSet[Contract]):
    """Kinds of employment, with their rules and overtime tiers."""

    queryset = Contract.objects.none()
    serializer_class = ContractSerializer
    filterset_class = ContractFilter
    search_fields = ["name"]
    ordering_fields = ["name", "weekly_minutes"]
    prefetched = ("rules", "overtime_tiers")


class RuleFilter(OwnedFilterSet):
    """`?contract=`, `?kind=`, `?required=`; `?organization_wide=true` for those that bind everybody."""

    organization_wide = django_filters.BooleanFilter(field_name="contract", lookup_expr="isnull")

    class Meta:
        model = Rule
        fields = ["contract", "kind", "required"]


class RuleViewSet(OwnedViewSet[Rule]):
    """Rules of contracts, or of the whole organization where no contract is named."""

    queryset = Rule.objects.none()
    serializer_class = RuleSerializer
    filterset_class = RuleFilter
    search_fields = ["kind", "contract__name"]
    ordering_fields = ["kind", "contract__name", "weight"]


class OvertimeTierFilter(OwnedFilterSet):
    """`?contract=`."""

    class Meta:
        model = OvertimeTier
        fields = ["contract"]


class OvertimeTierViewSet(OwnedViewSet[OvertimeTier]):
    """From how many weekly minutes wages rise."""

    queryset = OvertimeTier.objects.none()
    serializer_class = OvertimeTierSerializer
    filterset_class = OvertimeTierFilter
    search_fields = ["contract__name"]
    ordering_fields = ["after_minutes", "premium_percent"]


class ShiftTypeFilter(OwnedFilterSet):
    """`?code=`."""

    class Meta:
        model = ShiftType
        fields = ["code"]


class ShiftTypeViewSet(OwnedViewSet[ShiftType]):
    """Kinds of shifts."""

    queryset = ShiftType.objects.none()
    serializer_class = ShiftTypeSerializer
    filterset_class = ShiftTypeFilter
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name", "start_time"]
    prefetched = ("required_certifications",)
