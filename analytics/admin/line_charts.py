"""A figure over days as SVG geometry; days without a figure leave a hole instead of a zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.charts import Tick, number

WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 24
Point = tuple[date, float | None]


@dataclass(frozen=True)
class LineChart:
    """What the template draws; coordinates are in drawing units of `width` × `height`.

    `lines` are one list of coordinates for each unbroken run of days, `dots` runs of a single day; `zero` says that
    nothing but zeros is known.
    """

    title: str
    latest: str
    summary: str
    lines: list[str]
    dots: list[tuple[float, float]]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    hint: str = ""
    zero: bool = False
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def line_chart(
    title: str,
    points: Sequence[Point],
    *,
    label: Callable[[float], str] = number,
    lowest: float | None = 0.0,
    highest: float | None = None,
    hint: str = "",
) -> LineChart | None:
    """A line over time; None when no day has a figure. `lowest` and `highest` are on the axis whatever the figures."""
    known = [(day, value) for day, value in points if value is not None]
    if not known:
        return None
    values = [value for _, value in known] + [bound for bound in (lowest, highest) if bound is not None]
    low, high = min(values), max(values)
    high = high if high > low else low + 1
    first, last = points[0][0], points[-1][0]
    length = max(1, (last - first).days)

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / length, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low), 1)

    runs = [[(x(day), y(value)) for day, value in run] for run in _runs(points)]
    top = max(known, key=lambda point: point[1])
    bottom = min(known, key=lambda point: point[1])
    return LineChart(
        title=title,
        latest=label(known[-1][1]),
        summary=(
            f"{title} from {first:%d %b} to {last:%d %b %Y}: last {label(known[-1][1])}, lowest {label(bottom[1])} on "
            f"{bottom[0]:%d %b}, highest {label(top[1])} on {top[0]:%d %b}."
        ),
        lines=[" ".join(f"{a},{b}" for a, b in run) for run in runs if len(run) > 1],
        dots=[run[0] for run in runs if len(run) == 1],
        x_ticks=[Tick(x(day), f"{day:%d %b}") for day in dict.fromkeys((first, last))],
        y_ticks=[Tick(y(value), label(value)) for value in (low, (low + high) / 2, high)],
        hint=hint,
        zero=all(value == 0 for _, value in known),
    )


def _runs(points: Sequence[Point]) -> list[list[tuple[date, float]]]:
    """Unbroken stretches of days with a figure."""
    runs: list[list[tuple[date, float]]] = [[]]
    for day, value in points:
        if value is not None:
            runs[-1].append((day, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
