"""Who asks: one viewer in each of the largest organizations."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from rest_framework.authtoken.models import Token

from rostering.models import Membership, Role


def tokens_of_members(organizations: int) -> list[str]:
    """The tokens of the viewers of organizations 1 to `organizations`, made where they are missing."""
    tokens = []
    for number in range(1, organizations + 1):
        user, _ = get_user_model().objects.get_or_create(username=f"benchmark-{number}")
        Membership.objects.get_or_create(user=user, organization_id=number, defaults={"role": Role.VIEWER})
        tokens.append(Token.objects.get_or_create(user=user)[0].key)
    return tokens
