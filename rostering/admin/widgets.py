"""Form fields the admin needs beside Django's: weekdays, choices kept in arrays, words, and times at a site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from rostering.days import check_day
from rostering.models import Weekday


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Weekdays as checkboxes; cleans to a sorted list of Python's weekday numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "choices": [(day.value, day.label) for day in Weekday],
                "coerce": int,
                "empty_value": [],
                "widget": UnfoldAdminCheckboxSelectMultipleWidget(attrs={"class": "mu-inline"}),
                **kwargs,
            }
        )

    def clean(self, value: Any) -> list[int]:
        return sorted(super().clean(value))


class ArrayChoiceField(forms.MultipleChoiceField):
    """Several of the organization's own words (shift type codes, tags) as checkboxes, for an array column."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs})

    def offer(self, words: Iterable[str]) -> None:
        """Set what can be chosen."""
        self.choices = [(word, word) for word in dict.fromkeys(words)]


class WordsField(forms.CharField):
    """Words separated by commas, for an array column; cleans to a list without doubles."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextInputWidget(), **kwargs})

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list) else value or ""

    def to_python(self, value: Any) -> Any:
        words = value if isinstance(value, list) else str(value or "").split(",")
        cleaned = list(dict.fromkeys(word.strip() for word in words if word.strip()))
        if too_long := [word for word in cleaned if len(word) > 30]:
            raise ValidationError(f"“{too_long[0]}” is too long for a tag; use at most 30 characters.")
        return cleaned

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class ColorInput(UnfoldAdminColorInputWidget):
    """The browser's color picker."""

    input_type = "color"


class WallClockField(forms.SplitDateTimeField):
    """A date and a time without a zone: the form says later which zone they are meant in, see `aware`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": UnfoldAdminSplitDateTimeWidget(), **kwargs})
        self.zone: ZoneInfo | None = None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value) and self.zone is not None:
            return value.astimezone(self.zone).replace(tzinfo=None)
        return value

    def compress(self, data_list: Any) -> datetime | None:
        if not data_list or not all(data_list):
            if data_list and any(data_list):
                raise ValidationError("Give both a date and a time.")
            return None
        return datetime.combine(*data_list)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


def aware(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant a wall clock in `zone` means.

    Raises ValidationError for a year that nobody means, and for a time that does not exist because clocks go forward;
    one that happens twice because they go back means the first.
    """
    check_day(wall)
    moment = wall.replace(tzinfo=zone)
    if moment.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != wall:
        raise ValidationError(f"{wall:%H:%M} does not exist on {wall:%d %b %Y} in {zone}: clocks go forward then.")
    return moment
