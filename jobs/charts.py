"""The two small charts of the job page as SVG geometry: objective with its bound, and coverage, over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 180
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 26
# Beyond this ratio between worst and best, a linear axis would show one cliff and a flat line.
LOG_RATIO = 20

Points = Sequence[Sequence[float | None]]


@dataclass(frozen=True)
class Tick:
    """A labeled place on an axis, in drawing units."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """What the template draws; every coordinate is in drawing units of `width` × `height`."""

    title: str
    summary: str
    line: str
    area: str
    end_x: float
    end_y: float
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    bound_y: float | None = None
    bound_label: str = ""
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def objective_chart(history: Points, *, bound: float | None, until_seconds: float) -> Chart | None:
    """Best objective over time as a falling staircase, with the proven bound below it; None without points."""
    steps = _steps(history, 1)
    if not steps:
        return None
    values = [value for _, value in steps] + ([bound] if bound is not None else [])
    logarithmic = min(values) > 0 and max(values) / min(values) > LOG_RATIO
    best = steps[-1][1]
    summary = f"Best objective {number(best)} after {len(steps)} improvements"
    if bound is not None:
        summary += f"; it cannot fall below {number(bound)}"
    return _chart(
        "Objective",
        summary + ".",
        steps,
        values,
        until_seconds,
        bound=bound,
        logarithmic=logarithmic,
        label=number,
    )


def coverage_chart(history: Points, *, until_seconds: float) -> Chart | None:
    """Coverage in percent of places over time; None without points."""
    steps = _steps(history, 2)
    if not steps:
        return None
    values = [value for _, value in steps] + [100.0]
    summary = f"Coverage {steps[-1][1]:.1f} % of places."
    return _chart("Coverage", summary, steps, values, until_seconds, label=_percent)


def number(value: float) -> str:
    """Short enough for an axis: 1,234 or 12.5 or 1.2 M."""
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:.1f} M"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{value:.0f} %" if abs(value - round(value)) < 0.05 else f"{value:.1f} %"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _steps(history: Points, column: int) -> list[tuple[float, float]]:
    """`(seconds, value)` where the value changed."""
    steps: list[tuple[float, float]] = []
    for point in history:
        seconds, value = point[0], point[column]
        if seconds is not None and value is not None and (not steps or steps[-1][1] != value):
            steps.append((seconds, value))
    return steps


def _chart(
    title: str,
    summary: str,
    steps: list[tuple[float, float]],
    values: list[float],
    until_seconds: float,
    *,
    label: Callable[[float], str],
    bound: float | None = None,
    logarithmic: bool = False,
) -> Chart:
    end = max(until_seconds, steps[-1][0], 1.0)
    low, high = _range(values, logarithmic=logarithmic)

    def x(seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / end, 1)

    def y(value: float) -> float:
        share = (_scaled(value, logarithmic) - low) / (high - low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)

    corners = [(x(steps[0][0]), y(steps[0][1]))]
    for seconds, value in steps[1:]:
        corners += [(x(seconds), corners[-1][1]), (x(seconds), y(value))]
    corners.append((x(end), corners[-1][1]))
    line = " ".join(f"{a},{b}" for a, b in corners)
    floor = HEIGHT - BOTTOM
    shares = (0.0, 0.5, 1.0)
    y_ticks = [_unscaled(low + (high - low) * share, logarithmic) for share in shares]
    return Chart(
        title=title,
        summary=summary,
        line=line,
        area=f"{corners[0][0]},{floor} {line} {corners[-1][0]},{floor}",
        end_x=corners[-1][0],
        end_y=corners[-1][1],
        x_ticks=_different([Tick(x(end * share), _clock(end * share)) for share in shares]),
        y_ticks=_different([Tick(y(value), label(value)) for value in y_ticks]),
        bound_y=y(bound) if bound is not None else None,
        bound_label=f"bound {label(bound)}" if bound is not None else "",
        note="logarithmic axis" if logarithmic else "",
    )


def _different(ticks: list[Tick]) -> list[Tick]:
    """The ticks, of those that round to the same words the first."""
    return list({tick.label: tick for tick in reversed(ticks)}.values())[::-1]


def _range(values: list[float], *, logarithmic: bool) -> tuple[float, float]:
    scaled = [_scaled(value, logarithmic) for value in values]
    low, high = min(scaled), max(scaled)
    if high - low < 1e-9:
        low -= 1
        high += 0 if not logarithmic else 1
    return low, high


def _scaled(value: float, logarithmic: bool) -> float:
    return math.log10(value) if logarithmic else value


def _unscaled(value: float, logarithmic: bool) -> float:
    return 10**value if logarithmic else value
