"""The record of one test: what is stored, decided, raised and refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.evidence.errors import RecordError
from harness.evidence.model import Judgement, Kind
from harness.evidence.not_passed import Inconclusive, LimitMissed
from harness.evidence.reader import load_run
from harness.measure.errors import DecisionError, UnitError
from harness.measure.uncertainty import Budget, Contribution, Distribution
from harness.measure.verdict import Verdict
from tests.evidence.runs import new_run, open_test, swallow, waveform


def entries(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "run/tests/001-seal-1-opening/entries.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


def test_a_value_inside_its_limit_is_stored_and_returned(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    budget = Budget("ms", (Contribution("scope", 2.0, "ms", Distribution.NORMAL),))
    judgement = record.judge("latency", 400.0, "ms", at_most=500.0, uncertainty=budget, requirements=["COM-1"])
    assert (judgement.verdict, judgement.accept_at_most, judgement.uncertainty) == (Verdict.PASS, 496.0, 4.0)
    assert record.end() is Verdict.PASS
    stored = entries(tmp_path)[1]
    assert stored["value"] == 400.0
    assert stored["requirements"] == ["COM-1"]
    assert stored["budget"][0]["standard"] == 2.0  # type: ignore[index]


def test_a_missed_limit_is_stored_before_it_is_raised(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    with pytest.raises(LimitMissed) as raised:
        record.judge("latency", 501.0, "ms", at_most=500.0, uncertainty=2.0)
    assert entries(tmp_path)[-1]["verdict"] == "fail"
    text = str(raised.value)
    assert "latency: 501 ms, limit at most 500 ms, accepted at most 498 ms (U = 2 ms, k = 2) → fail [SEAL-1]" in text
    assert f"replay: {record.replay_id}" in text
    assert record.end() is Verdict.FAIL


def test_the_guard_band_is_inconclusive(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    assert isinstance(swallow(record.judge, "latency", 499.0, "ms", at_most=500.0, uncertainty=2.0), Inconclusive)
    assert record.end() is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), np.float64("nan")])
def test_no_number_never_passes_and_is_null_with_a_reason(tmp_path: Path, value: float | None) -> None:
    record = open_test(new_run(tmp_path))
    assert isinstance(swallow(record.judge, "latency", value, "ms", at_most=500.0), Inconclusive)
    stored = entries(tmp_path)[-1]
    assert stored["value"] is None
    assert stored["reason"]
    assert record.end() is Verdict.INCONCLUSIVE


def test_a_fail_is_not_masked_by_a_later_error(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    swallow(record.judge, "latency", 501.0, "ms", at_most=500.0)
    record.error(RuntimeError("the oscilloscope is gone"))
    assert record.end(aborted="operator") is Verdict.FAIL


def lose_the_oscilloscope() -> None:
    raise RuntimeError("the oscilloscope is gone")


def test_an_error_after_a_pass_is_an_error_with_its_place(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    record.judge_equal("events", 1, 1)
    try:
        lose_the_oscilloscope()
    except RuntimeError as error:
        record.error(error)
    assert record.end() is Verdict.ERROR
    stored = next(entry for entry in entries(tmp_path) if entry["kind"] == "error")
    assert stored["error"] == "RuntimeError"
    last = str(stored["frames"][-1])  # type: ignore[index]
    assert last.startswith("evidence/test_record.py:")
    assert last.endswith(" lose_the_oscilloscope")


def test_a_value_that_did_not_pass_is_no_error(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    record.error(swallow(record.judge, "latency", 501.0, "ms", at_most=500.0))
    assert record.end() is Verdict.FAIL
    assert all(entry["kind"] != "error" for entry in entries(tmp_path))


def test_a_declared_value_never_judged_makes_the_test_not_tested(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    record.declare("latency", "ms", at_most=500.0)
    record.judge_equal("events", 1, 1)
    assert record.end() is Verdict.NOT_TESTED
    assert entries(tmp_path)[-1]["not_taken"] == ["latency"]


def test_a_test_that_judges_nothing_is_not_tested(tmp_path: Path) -> None:
    assert open_test(new_run(tmp_path)).end() is Verdict.NOT_TESTED


def test_aborted_and_inconclusive(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    record.judge_equal("events", 1, 1)
    assert isinstance(swallow(record.inconclusive, "no trigger"), Inconclusive)
    assert record.end(aborted="operator") is Verdict.ABORTED


def test_declared_limits_hold_and_can_not_be_moved(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    record.declare("latency", "ms", at_most=500.0, requirements=["COM-1"])
    with pytest.raises(RecordError, match="limits do not change once the value is known"):
        record.judge("latency", 550.0, "ms", at_most=600.0)
    assert isinstance(swallow(record.judge, "latency", 550.0, "ms"), LimitMissed)
    judged = record.judge("latency", 450.0, "ms", at_most=500.0)
    assert judged.requirements == ("COM-1",)


def test_wrong_use_is_an_error_at_once_and_leaves_the_chain_whole(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    record.declare("latency", "ms", at_most=500.0)
    with pytest.raises(RecordError, match="declared in ms and given in s"):
        record.judge("latency", 0.3, "s")
    with pytest.raises(RecordError, match="declared twice"):
        record.declare("latency", "ms", at_most=400.0)
    with pytest.raises(RecordError, match="unknown requirement id SEAL-99"):
        record.judge("events", 1, "1", at_most=1, requirements=["SEAL-99"])
    with pytest.raises(RecordError, match="uncertainty budget in s"):
        record.judge("latency", 1.0, "ms", uncertainty=Budget("s", (Contribution("a", 1.0, "s"),)))
    with pytest.raises(UnitError):
        record.reading("x", 1.0, "furlong")
    with pytest.raises(DecisionError):
        record.judge("unlimited", 1.0, "V")
    with pytest.raises(RecordError, match="can't be written as JSON"):
        record.reading("x", 1.0, "V", note=float("nan"))
    with pytest.raises(RecordError, match="truth value"):
        record.reading("x", True, "1")
    with pytest.raises(RecordError, match="direction"):
        record.traffic("scope", "in", "x")
    record.judge("latency", 300.0, "ms")
    assert record.end() is Verdict.PASS
    with pytest.raises(RecordError, match="has ended"):
        record.note("too late")
    assert [entry["n"] for entry in entries(tmp_path)] == [1, 2, 3, 4]


def test_conditions_and_counts(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    assert record.judge_true("signature is valid", True).value == 1
    assert isinstance(swallow(record.judge_true, "signature is valid", False), LimitMissed)
    assert isinstance(swallow(record.judge_equal, "events", 2, 1), LimitMissed)
    assert "exactly 1 → fail" in str(swallow(record.judge_equal, "events", np.int64(0), 1))


def test_large_whole_numbers_are_told_in_full(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    assert "500000123 ns" in str(swallow(record.judge, "latency", 500_000_123, "ns", at_most=500_000_000))


def test_a_lower_bound_says_so(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    missed = swallow(record.judge, "latency", 700.0, "ms", at_most=500.0, lower_bound=True)
    assert isinstance(missed, LimitMissed)
    assert "more than 700 ms" in str(missed)
    assert isinstance(swallow(record.judge, "latency", 400.0, "ms", at_most=500.0, lower_bound=True), Inconclusive)


def test_waveforms_come_back_code_by_code(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    record.waveform("CASE_SW on channel 1", waveform(), {"t0": np.float64(1.5)})
    record.end()
    loaded = load_run(run.path)
    attempt = loaded.tests[0].attempts[0]
    entry = attempt.entries[1].body
    assert entry.kind is Kind.WAVEFORM
    back = loaded.waveform(attempt, entry)  # type: ignore[arg-type]
    assert np.array_equal(back.samples, waveform().samples)
    assert (back.x_origin_ns, back.y_reference, back.channel_label) == (-50_000.0, 28, "CASE_SW")


def test_times_are_relative_to_the_start_of_the_test(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    record.traffic("modem", "<", b"\x01", at_ns=1_005_010)
    record.end()
    times = [entry["at_ns"] for entry in entries(tmp_path)]
    assert times[0] == 10
    assert times[1] == 1_000_000


def test_numpy_numbers_are_written_as_numbers(tmp_path: Path) -> None:
    record = open_test(new_run(tmp_path))
    judged = record.judge("latency", np.float64(1.5), "ms", at_most=np.int64(500))
    assert isinstance(judged, Judgement)
    assert type(judged.value) is float
    assert type(judged.at_most) is int
