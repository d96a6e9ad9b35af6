"""What was told to whom, what of it has arrived, and what is still unread."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter
from unfold.decorators import display

from jobs.admin.base import ReadOnly
from rostering.access import Action
from rostering.admin.exporting import ExportAdmin, columns
from rostering.admin.formats import moment
from rostering.models import Notification
from rostering.services.mailing import send_again, wake
from rostering.services.notifications import mark_read
from rostering.tenancy import allowed
from rostering.wording import counted

LABELS = {"Sent": "success", "Not delivered": "danger", "Not delivered yet": "warning", "Waiting to be sent": "info"}
WORDS = {**dict(Notification.Delivery.choices), Notification.Delivery.NONE.value: "No e-mail"}
WHY_NONE = "No e-mail was due: there is no address, or none of the work lay ahead any more. The text can be read here."


class DeliveryFilter(DropdownFilter):
    """By what became of the e-mail, in the list's words."""

    title = "e-mail"
    parameter_name = "delivery__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(delivery=self.value()) if self.value() else queryset


class AddresseeFilter(RadioFilter):
    """One's own, read or not."""

    title = "addressed to"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unread", "Me, unread"), ("all", "Me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("unread", "all"):
            return queryset
        mine = queryset.filter(user_id=request.user.pk)
        return mine.filter(read_at=None) if self.value() == "unread" else mine


class TroubleFilter(RadioFilter):
    """What has not arrived."""

    title = "e-mail"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Not delivered, or not yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        undelivered = [Notification.Delivery.PENDING, Notification.Delivery.FAILED]
        return queryset.filter(delivery__in=undelivered).exclude(error="")


@admin.register(Notification)
class NotificationAdmin(ReadOnly, ExportAdmin):
    """Written by services alone. Opening one that is addressed to oneself marks it as read."""

    empty_words = "People are told here of rosters with their shifts, and of certifications that run out."
    resource_classes = [
        columns(
            Notification,
            *("created_at", "kind", "subject", "body", "user__username", "staff__number"),
            *("delivery", "sent_at", "error", "read_at"),
        )
    ]
    list_display = ["headline", "to", "told_at", "shown_delivery", "seen_at"]
    list_after_template = "admin/rostering/notification/no_email.html"
    list_per_page: ClassVar[int] = 25
    list_filter = [AddresseeFilter, TroubleFilter, DeliveryFilter, "kind"]
    list_select_related = ["staff", "user", "organization"]
    search_fields = ["subject", "body", "staff__last_name", "staff__first_name", "user__username"]
    actions = ["read", "again"]
    readonly_fields = ["shown_body", "told_at", "seen_at", "email", "mailed_at"]
    fieldsets = [
        (None, {"fields": ["subject", "shown_body", ("user", "staff"), ("told_at", "seen_at")]}),
        ("E-mail", {"fields": ["email", "mailed_at", "error"]}),
    ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show it, and note that the one it is addressed to has seen it."""
        if request.method == "GET" and object_id.isdecimal():
            mark_read(rows=self.get_queryset(request).filter(pk=object_id), by=request.user)
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.action(description="Mark as read (those addressed to me)")
    def read(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        number = mark_read(rows=queryset, by=request.user)
        messages.success(request, f"{counted(number, 'notification')} marked as read.")

    @admin.action(description="Send the e-mail again (not delivered)", permissions=["schedule"])
    def again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        number = send_again(queryset)
        if number:
            transaction.on_commit(wake, robust=True)
        messages.success(request, f"{counted(number, 'e-mail')} queued.")

    def has_schedule_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user may have e-mails sent."""
        return allowed(request, Action.SCHEDULE)

    @display(description="Subject", ordering="subject")
    def headline(self, notice: Notification) -> str:
        if notice.read_at is None and notice.user_id is not None:
            return format_html("<strong>{}</strong>", notice.subject)
        return notice.subject

    @display(description="Text")
    def shown_body(self, notice: Notification) -> SafeString:
        return linebreaksbr(notice.body)

    @display(description="To", ordering="user__username")
    def to(self, notice: Notification) -> str:
        return str(notice.user or notice.staff or "–")

    @display(description="Told", ordering="created_at")
    def told_at(self, notice: Notification) -> str:
        return _moment(notice.created_at)

    @display(description="Read", ordering="read_at")
    def seen_at(self, notice: Notification) -> str:
        return _moment(notice.read_at)

    @display(description="Sent")
    def mailed_at(self, notice: Notification) -> str:
        return _moment(notice.sent_at)

    @display(description="E-mail")
    def email(self, notice: Notification) -> str:
        return WHY_NONE if notice.delivery == Notification.Delivery.NONE else self.shown_delivery(notice)

    @display(description="E-mail", ordering="delivery", label=LABELS)
    def shown_delivery(self, notice: Notification) -> str:
        if notice.delivery == Notification.Delivery.PENDING and notice.overdue:
            return "Not delivered yet"
        return str(WORDS[notice.delivery])


def _moment(when: datetime | None) -> str:
    return moment(when, get_current_timezone()) if when is not None else "–"
