"""How big each of the thousand organizations is: one large customer, and a long tail behind it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

STAFF_A_SITE = 10
SHIFTS_A_SITE = 500
ROSTER_DAYS = 28
SHIFTS_A_DAY = 3
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney", "UTC", "Asia/Kolkata")
CURRENCIES = ("EUR", "GBP", "USD", "AUD", "EUR", "INR")


@dataclass(frozen=True)
class Size:
    """One organization: how much it has, and the first id of each kind of row it owns."""

    organization: int
    zone: str
    currency: str
    sites: int
    shifts: int
    first_site: int
    first_staff: int
    first_shift: int
    first_roster: int

    @property
    def days(self) -> int:
        """Days its shifts spread over: three shifts a day at every site."""
        return -(-self.shifts // (self.sites * SHIFTS_A_DAY))

    @property
    def rosters(self) -> int:
        return -(-self.days // ROSTER_DAYS)

    @property
    def staff(self) -> int:
        return self.sites * STAFF_A_SITE

    @property
    def row(self) -> tuple[object, ...]:
        """The fields, then the days: as the table of sizes takes them."""
        return (*astuple(self), self.days)


def sizes(*, organizations: int, shifts: int, largest_shifts: int, largest_sites: int) -> list[Size]:
    """The organizations, the largest first; their shifts add up to `shifts`.

    The others follow a power law, as customers do: few of some thousand shifts, most of some hundred.
    """
    weights = [(rank + 15) ** -0.6 for rank in range(1, organizations)]
    others, given = shifts - largest_shifts, 0
    counts = [largest_shifts]
    for rank, weight in enumerate(weights, 1):
        last = rank == organizations - 1
        counts.append(others - given if last else round(others * weight / sum(weights)))
        given += counts[-1]
    found: list[Size] = []
    site = staff = shift = roster = 1
    for index, count in enumerate(counts):
        places = largest_sites if index == 0 else max(1, round(count / SHIFTS_A_SITE))
        zone, currency = ZONES[index % len(ZONES)], CURRENCIES[index % len(ZONES)]
        size = Size(index + 1, zone, currency, places, count, site, staff, shift, roster)
        found.append(size)
        site, staff = site + size.sites, staff + size.staff
        shift, roster = shift + size.shifts, roster + size.rosters
    return found
