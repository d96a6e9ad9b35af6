"""The geometry of the job page's charts, and durations in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.charts import HEIGHT, WIDTH, coverage_chart, objective_chart
from jobs.wording import duration

values = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
histories = st.lists(st.tuples(st.floats(0, 3600), values | st.none(), st.floats(0, 100) | st.none()), max_size=30)


def test_without_points_there_is_no_chart() -> None:
    assert objective_chart([], bound=5, until_seconds=10) is None
    assert coverage_chart([[1, 5.0, None]], until_seconds=10) is None


def test_a_falling_objective_is_a_falling_staircase_above_its_bound() -> None:
    chart = objective_chart([[0, 100.0, 50.0], [10, 60.0, 80.0]], bound=50.0, until_seconds=20)
    assert chart is not None
    corners = [tuple(map(float, corner.split(","))) for corner in chart.line.split()]
    assert [y for _, y in corners] == sorted(y for _, y in corners), "down the page is lower"
    assert chart.bound_y is not None and chart.bound_y > chart.end_y
    assert "Best objective 60 after 2 improvements" in chart.summary and "50" in chart.summary


def test_a_fall_by_orders_of_magnitude_is_drawn_on_a_logarithmic_axis() -> None:
    chart = objective_chart([[0, 50_000.0, None], [5, 100.0, None]], bound=None, until_seconds=9)
    assert chart is not None and chart.note == "logarithmic axis"


def test_no_two_ticks_of_an_axis_say_the_same() -> None:
    chart = objective_chart([[0.4, 5789.6, 98.8]], bound=None, until_seconds=1.3)
    assert chart is not None
    assert [tick.label for tick in chart.x_ticks] == ["0:00", "0:01"]
    labels = [tick.label for tick in chart.y_ticks]
    assert len(labels) == len(set(labels)) == 2


@given(history=histories, bound=values | st.none(), until=st.floats(0, 7200))
def test_every_chart_stays_inside_its_frame(
    history: list[tuple[float, float | None, float | None]], bound: float | None, until: float
) -> None:
    ordered = sorted(history, key=lambda point: point[0])
    charts = (objective_chart(ordered, bound=bound, until_seconds=until), coverage_chart(ordered, until_seconds=until))
    for chart in filter(None, charts):
        for corner in chart.area.split():
            x, y = map(float, corner.split(","))
            assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0, "0:00"), (42.9, "0:42"), (725, "12:05"), (3729, "1:02:09"), (-1, "0:00")]
)
def test_durations_read_like_a_clock(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
