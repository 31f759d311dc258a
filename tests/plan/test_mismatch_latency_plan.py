"""The parameters of the current mismatch's latency: what would be claimed and not measured is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.run.inputs import choose_paths, load_files
from testplans.latency.test_mismatch_latency import REFERENCE_CLOSINGS, MismatchLatency


def written(plan: str) -> dict[str, Any]:
    """As the shipped plan's file has them."""
    return dict(load_files(choose_paths(plan=plan)).plan.planned("com-1-mismatch-latency").parameters)


def shipped(plan: str) -> MismatchLatency:
    return MismatchLatency.model_validate(written(plan))


@pytest.mark.parametrize("plan", ["smoke", "bite"])
def test_the_shipped_plans_keep_the_catalogues_limit_and_take_both_elements(plan: str) -> None:
    parameters = shipped(plan)
    assert parameters.limit_ns == 500_000_000
    assert parameters.window_ns > 2 * parameters.limit_ns
    assert set(parameters.elements) == {"line", "neutral"}
    assert parameters.lowest_pct >= 12


def test_the_reference_plan_asks_for_as_many_as_the_judgement_says() -> None:
    assert shipped("smoke").closings == REFERENCE_CLOSINGS


def test_fewer_closings_than_elements_are_refused() -> None:
    with pytest.raises(ValidationError, match="one each at least"):
        MismatchLatency.model_validate(written("bite") | {"closings": 1})


@pytest.mark.parametrize("mismatch", ["11 %", "16 %"])
def test_a_mismatch_outside_of_what_can_be_judged_is_refused(mismatch: str) -> None:
    with pytest.raises(ValidationError, match="no other can be judged"):
        MismatchLatency.model_validate(written("bite") | {"mismatch": mismatch})
