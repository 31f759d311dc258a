"""Openings of a switch contact: what counts as one, and what its bounce is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.measure.contact import BOUNCE_NS, find_openings
from harness.measure.waveform import Edges

MS = 1e6


def edges(*times_ms: float, closed_first: bool = True) -> Edges:
    return Edges(not closed_first, np.array([at * MS for at in times_ms], dtype=np.float64))


def test_a_clean_opening_is_as_long_as_it_is():
    (opening,) = find_openings(edges(10, 45), 100.0)
    assert opening.envelope_ms == pytest.approx(35)
    assert opening.settled_ms == pytest.approx(35)
    assert opening.uncertainty_ns == 100.0


def test_bounce_at_both_ends_is_in_the_envelope_and_not_in_the_settled_time():
    (opening,) = find_openings(edges(10, 11, 12, 50, 51, 52), 0)
    assert opening.envelope_ms == pytest.approx(42)
    assert opening.settled_ms == pytest.approx(38)


def test_two_pulses_further_apart_than_a_bounce_are_two():
    openings = find_openings(edges(10, 40, 60, 90), 0)
    assert [round(opening.envelope_ms) for opening in openings] == [30, 30]


def test_a_gap_shorter_than_a_bounce_belongs_to_the_opening_around_it():
    (opening,) = find_openings(edges(10, 40, 44, 90), 0)
    assert opening.envelope_ms == pytest.approx(80)


def test_the_border_between_bounce_and_settled_is_the_bounce_time():
    border_ms = BOUNCE_NS / MS
    assert len(find_openings(edges(10, 40, 40 + border_ms, 90), 0)) == 2
    assert len(find_openings(edges(10, 40, 40 + border_ms - 0.001, 90), 0)) == 1


def test_chatter_that_never_settles_open_is_an_opening_of_no_settled_time():
    (opening,) = find_openings(edges(10, 11, 12, 13), 0)
    assert opening.envelope_ms == pytest.approx(3)
    assert opening.settled_ns <= 0


def test_an_opening_whose_end_nobody_saw_is_none():
    assert find_openings(edges(10), 0) == []
    assert find_openings(edges(), 0) == []


def test_what_was_open_at_the_start_is_no_opening_with_a_beginning():
    openings = find_openings(edges(30, 60, 95, closed_first=False), 0)
    assert [round(opening.first_edge_ns / MS) for opening in openings] == [60]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(20, 80), st.integers(20, 80)), min_size=1, max_size=20))
def test_trains_of_clean_pulses_are_told_one_by_one(pulses):
    times, at, widths = [], 10.0, []
    for width, gap in pulses:
        times += [at, at + width]
        widths.append(width)
        at += width + gap
    found = find_openings(edges(*times), 0)
    assert [round(opening.envelope_ms) for opening in found] == widths
    assert all(opening.settled_ns == opening.envelope_ns for opening in found)
