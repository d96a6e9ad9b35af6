"""Who could take a shift, as the chip's dialog and a gap's page list them, and the edit they ask for."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from rostering.access import Action
from rostering.admin.formats import money_cents
from rostering.exceptions import Conflict
from rostering.models import Organization, Roster, Shift, Staff
from rostering.services.replacements import candidates
from rostering.tenancy import allowed

ABLE_SHOWN = 12
BARRED_SHOWN = 6
REASON_LENGTH = 250


def candidate_context(request: HttpRequest, shift: Shift, roster: Roster) -> dict[str, Any]:
    """The template's `others`, the best first; `?others=all` names everybody.

    Only a manager is offered those whom a required rule keeps from the shift, and only with a reason.
    """
    try:
        found = candidates(shift=shift, roster=roster)
    except Conflict:
        found = []
    able = [one for one in found if one.eligible]
    barred = [one for one in found if not one.eligible]
    shown = found if request.GET.get("others") == "all" else [*able[:ABLE_SHOWN], *barred[:BARRED_SHOWN]]
    return {
        "others": [
            {
                "staff": one.staff_id,
                "name": one.name,
                "eligible": one.eligible,
                "cost": money_cents(one.cost_cents, roster.organization.currency),
                "broken": [_short(sentence, one.name, shift) for sentence in one.broken],
                "warnings": [
                    _short(sentence, one.name, shift) for sentence in one.warnings if sentence not in one.broken
                ],
            }
            for one in shown
        ],
        "others_left": len(found) - len(shown),
        "may_override": allowed(request, Action.MANAGE),
    }


def _short(sentence: str, name: str, shift: Shift) -> str:
    """A rule's sentence without what the list says already: whom it is about, and on which shift."""
    rest = re.sub(rf" \([^()]* at {re.escape(shift.site.code)}\)", "", sentence.removeprefix(f"{name}: "))
    return rest[:1].upper() + rest[1:]


def chosen(request: HttpRequest, organization: Organization) -> tuple[Staff, str]:
    """The person posted and the manager's reason, if any. Another organization's person is a 404."""
    number = request.POST.get("staff", "")
    known = int(number) if number.isdecimal() and len(number) < 19 else 0
    staff = get_object_or_404(Staff.objects.owned_by(organization), pk=known)
    return staff, request.POST.get("reason", "").strip()[:REASON_LENGTH]
