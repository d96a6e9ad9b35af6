"""Who is a member: accounts made for an organization, roles, and never an organization without an owner."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from rostering.exceptions import Conflict
from rostering.models import Membership, Organization, Role


def check_account(*, username: str, password: str) -> None:
    """Whether a new account may have this name and password. Raises ValidationError with a sentence per field."""
    errors: dict[str, list[str]] = {}
    if get_user_model().objects.filter(username__iexact=username).exists():
        errors["username"] = ["This user name is taken; choose another."]
    try:
        User.username_validator(username)
    except ValidationError as wrong:
        errors["username"] = wrong.messages
    try:
        validate_password(password, User(username=username))
    except ValidationError as weak:
        errors["password"] = weak.messages
    if errors:
        raise ValidationError(errors)


def create_member(
    *,
    organization: Organization,
    username: str,
    password: str,
    role: str,
    names: tuple[str, str] = ("", ""),
    email: str = "",
) -> Membership:
    """A new account that signs in to the back office of this organization alone. Raises as `check_account` does."""
    check_account(username=username, password=password)
    with transaction.atomic():
        user = get_user_model().objects.create_user(
            username, email, password, first_name=names[0], last_name=names[1], is_staff=True
        )
        membership: Membership = Membership.objects.create(organization=organization, user=user, role=role)
    return membership


def add_existing_member(*, organization: Organization, username: str, role: str) -> Membership:
    """Make an account that exists a member too; for platform staff alone, since names are no organization's own.

    Raises ValidationError for an unknown name and Conflict for a member.
    """
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise ValidationError({"username": f"There is no account “{username}”; give a password to make one."})
    try:
        with transaction.atomic():
            membership: Membership = Membership.objects.create(organization=organization, user=user, role=role)
    except IntegrityError as error:
        raise Conflict(f"{username} is a member already; change the role instead.") from error
    return membership


def change_role(*, membership: Membership, role: str) -> Membership:
    """Give a member another role. Raises Conflict when the organization would lose its last owner."""
    with transaction.atomic():
        _hold(membership)
        check_owner_stays(membership=membership, becomes=role)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove_member(*, membership: Membership) -> None:
    """End a membership; the account stays. Raises Conflict for the last owner."""
    with transaction.atomic():
        _hold(membership)
        check_owner_stays(membership=membership, becomes=None)
        membership.delete()


def check_owner_stays(*, membership: Membership, becomes: str | None) -> None:
    """Raises Conflict when the member is the last owner and becomes something else, or nothing."""
    before = Membership.objects.get(pk=membership.pk).role
    others = Membership.objects.filter(organization_id=membership.organization_id, role=Role.OWNER)
    if before == Role.OWNER and becomes != Role.OWNER and not others.exclude(pk=membership.pk).exists():
        raise Conflict(f"{membership.user} is the last owner; make somebody else an owner first.")


def _hold(membership: Membership) -> None:
    """One change of members at a time per organization, so that two owners cannot remove each other at once."""
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
