"""How long a run took and what it stood for, as it is told to a person."""

from __future__ import annotations

import pytest

from harness.run.durations import BENCH_KEY, bench_time, in_words


@pytest.mark.parametrize(
    ("volatile", "told"),
    [
        ({BENCH_KEY: "a=3600.00 b=7200.00", "duration_s": 54.0}, "3.0 h of bench time in 54 s: 200 times faster"),
        ({BENCH_KEY: "a=100.00", "duration_s": 200.0}, ""),
        ({"duration_s": 10.0}, ""),
        ({BENCH_KEY: "a=100.00"}, ""),
        ({BENCH_KEY: 7, "duration_s": True}, ""),
    ],
)
def test_bench_time_is_set_against_the_walls(volatile: dict[str, object], told: str) -> None:
    assert bench_time(volatile) == told


def test_a_time_is_as_short_as_it_can_be_read() -> None:
    assert [in_words(seconds) for seconds in (4.4, 119, 600, 7199, 9000)] == [
        "4 s",
        "119 s",
        "10 min",
        "120 min",
        "2.5 h",
    ]
