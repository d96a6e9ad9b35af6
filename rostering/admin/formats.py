"""How the back office writes money, hours and times."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rostering.wording import day, moment, span

__all__ = ["clock_span", "day", "hours", "moment", "money", "money_cents", "number", "percent", "span", "swatch"]

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "PLN": "zł", "CAD": "CA$", "AUD": "A$"}


def money(amount: Decimal, currency: str) -> str:
    """An amount as “€1,234.50”; a currency without a common sign is named: “CHF 1,234.50”."""
    sign = SYMBOLS.get(currency, f"{currency} ")
    digits = f"{abs(amount):,.2f}"
    return f"{'−' if amount < 0 else ''}{sign}{digits}"


def money_cents(cents: int, currency: str, *, whole: bool = False) -> str:
    """Integer cents as money; `whole` leaves the cents away where only the size matters."""
    if whole:
        return f"{'−' if cents < 0 else ''}{SYMBOLS.get(currency, f'{currency} ')}{intcomma(round(abs(cents) / 100))}"
    return money(Decimal(cents) / 100, currency)


def hours(minutes: int | float) -> str:
    """Minutes as hours: “37.5 h”, “8 h”."""
    value = f"{minutes / 60:,.1f}"
    return f"{value.removesuffix('.0')} h"


def clock_span(start: time, minutes: int) -> str:
    """A shift type's hours: “22:00–06:00”."""
    end = (datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=minutes)).time()
    return f"{start:%H:%M}–{end:%H:%M}"


def number(value: str | int | float | Decimal) -> SafeString:
    """A figure in a list, aligned on its right with digits of equal width."""
    return format_html('<span class="mu-number">{}</span>', value)


def swatch(color: str, text: str) -> SafeString:
    """A shift type's chip."""
    return format_html('<span class="mu-chip" style="--chip:{}">{}</span>', color, text)


def percent(value: float | None) -> str:
    """“97.5 %”; a dash when unknown."""
    return "–" if value is None else f"{value:.1f} %".replace(".0 %", " %")
