"""A name that there is not: what was meant, however it was cut short or misspelt; and lists that stay readable."""

from __future__ import annotations

import pytest

from harness.bench.near_miss import near_miss, some_of

NAMES = ("com-1-case-latency", "seal-1-opening-and-closing", "seal-2-dense", "test_field_at_power_on_of_the_meter")
MEANT = {
    "seal-1-openin": "seal-1-opening-and-closing",
    "seal": "seal-1-opening-and-closing",
    "dense": "seal-2-dense",
    "com-1-case-latncy": "com-1-case-latency",
    "test_feild": "test_field_at_power_on_of_the_meter",
    "sael-1-open": "seal-1-opening-and-closing",
    "climate": "",
    "": "",
}


@pytest.mark.parametrize("given", MEANT)
def test_what_was_meant(given: str) -> None:
    assert near_miss(given, NAMES) == MEANT[given]


def test_of_two_that_are_alike_the_one_it_begins_comes_first() -> None:
    assert near_miss("magnet-one", ("a-magnet-one", "magnet-only", "magnet-one-axis-of-three")) == (
        "magnet-one-axis-of-three"
    )


def test_a_long_list_is_cut_and_says_so() -> None:
    names = [f"t{number}" for number in range(27)]
    assert some_of(names) == "t0, t1, t2, t3, t4, t5 and 21 more"
    assert some_of(names, "tamperbench list").endswith("and 21 more (tamperbench list)")
    assert some_of(names[:7]) == "t0, t1, t2, t3, t4, t5, t6"
    assert some_of([]) == ""
