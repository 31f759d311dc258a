"""Figures that a test says of the reference plan are those of the plan."""

from harness.run.inputs import choose_paths, load_files
from testplans.latency.test_case_latency import REFERENCE_OPENINGS


def test_the_reference_plan_asks_for_as_many_openings_as_a_shorter_one_is_told() -> None:
    files = load_files(choose_paths(plan="smoke"))
    (latency,) = (test for test in files.tests if test.id == "com-1-case-latency")
    assert latency.parameters.model_dump()["openings"] == REFERENCE_OPENINGS
