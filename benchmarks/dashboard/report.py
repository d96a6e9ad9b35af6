"""The tables, and how the figures stand against the targets."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.dashboard.client import Load
from benchmarks.dashboard.measure import EMPTY, ENDPOINTS, OTHERS, Sample, Statements

BASE = "empty view, signed in"
CASES = ("cold", "uncached", "warm", "304")
OUTAGES = ("Redis refused", "Redis hung")
STATES = ("first", "then", "cold")
NOT_COUNTED = "Statements were not counted: the server does not load pg_stat_statements."
Row = tuple[str, str, bool]


def singles(samples: dict[str, Sample]) -> str:
    """Milliseconds of single answers, each as a multiple of the empty view that knows the caller."""
    lines = [
        "| answer | median ms | 95 % ms | × empty, signed in | × empty |",
        "|---|---|---|---|---|",
    ]
    names = [*EMPTY]
    names += [f"{name}: {case}" for name in ENDPOINTS for case in CASES]
    names += [f"{name}: {outage}, {state}" for name in ENDPOINTS for outage in OUTAGES for state in STATES]
    names += [f"{name}: cold" for name in OTHERS]
    for name in names:
        sample = samples.get(name)
        if sample is None:
            lines.append(f"| {name} | – | – | – | – |")
            continue
        ratio, plain = (sample.median / samples[base].median for base in (BASE, "empty view"))
        lines.append(f"| {name} | {sample.median:.1f} | {sample.p95:.1f} | {ratio:.1f} | {plain:.1f} |")
    return "\n".join(lines)


def statements(found: dict[str, Statements]) -> str:
    """What the mixed load cost the database."""
    if not found:
        return NOT_COUNTED
    lines = ["| mixed load | answers | statements | statement ms | ms an answer |", "|---|---|---|---|---|"]
    for name, one in found.items():
        lines.append(
            f"| {name} | {one.answers:,} | {one.calls:,} | {one.milliseconds:,.0f} "
            f"| {one.milliseconds / one.answers:.2f} |"
        )
    return "\n".join(lines)


def _less(found: dict[str, Statements]) -> Iterator[Row]:
    """How much statement time the cache saves: in all, and of what is not spent on finding out who asks."""
    without, with_cache, who_asks = (one.milliseconds for one in found.values())
    for what, share in (
        ("statement time of dashboard calls", with_cache / without),
        ("the same, less that of an empty view with role", (with_cache - who_asks) / (without - who_asks)),
    ):
        yield f"{what}: at least −95 %", f"−{100 * (1 - share):.1f} %", share <= 0.05


def crowds(loads: dict[str, Load], clients: int) -> str:
    """Answers a second."""
    lines = [f"| {clients} clients | answers a second | failures |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {load.rate:,.0f} | {load.failures} |" for name, load in loads.items())])


def targets(samples: dict[str, Sample], mixed: dict[str, Statements], wrong: list[str]) -> str:
    """Each target with what was measured."""
    rows: list[Row] = []
    base = samples[BASE].median
    for name in ENDPOINTS:
        cold, warm = samples[f"{name}: cold"].median, samples[f"{name}: warm"].median
        rows.append((f"{name}: cold at most 30 ms", f"{cold:.1f} ms", cold <= 30))
        rows.append((f"{name}: warm at most 2 × empty, signed in", f"{warm / base:.2f} ×", warm <= 2 * base))
        unchanged = samples.get(f"{name}: 304")
        ratio = unchanged.median / base if unchanged else None
        measured = "no ETag" if ratio is None else f"{ratio:.2f} ×"
        rows.append((f"{name}: 304 at most 1.5 × empty, signed in", measured, ratio is not None and ratio <= 1.5))
        for outage, first_limit in (("Redis refused", 10), ("Redis hung", 200)):
            first, then = (samples[f"{name}: {outage}, {state}"].median - warm for state in ("first", "then"))
            limit = f"first at most +{first_limit} ms, then +10"
            rows.append(
                (f"{name}: {outage}, {limit}", f"{first:+.1f}, {then:+.1f} ms", first <= first_limit and then <= 10)
            )
    if mixed:
        rows.extend(_less(mixed))
    rows.append(("answers equal to those computed anew", "; ".join(wrong) or "all", not wrong))
    lines = ["| target | measured | |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {found} | {'met' if met else 'MISSED'} |" for name, found, met in rows)])
