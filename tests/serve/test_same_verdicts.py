"""The same plan on the emulated bench and on the same bench served on TCP: the same verdicts."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware_ref.tool.build import build_defect
from harness.bench.files import load_bench_file
from harness.evidence.verify import verify_run
from tests.serve.plans import LATENCY, SEAL_1, planned_ids, short_plan
from tests.serve.served import serving
from tests.system.commands import BENCH, start

TIMEOUT_S = 300
CARRIED = "counter above the highest of earlier tests"


@dataclass(frozen=True)
class Result:
    """What one run came to."""

    status: int
    out: str
    folder: Path

    @property
    def verdicts(self) -> dict[str, str]:
        summary = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return {test["test_id"]: test["verdict"] for test in summary["tests"]}


def certify(plan: Path, bench: Path, image: Path, folder: Path) -> subprocess.Popen[str]:
    arguments = ("--plan", plan, "--bench", bench, "--image", image, "--out", folder)
    return start("certify", *arguments, cwd=folder.parent)


def result(process: subprocess.Popen[str], folder: Path) -> Result:
    out, _ = process.communicate(timeout=TIMEOUT_S)
    return Result(process.returncode, out, folder)


def on_both(plan: Path, image: Path, tmp_path: Path) -> tuple[Result, Result]:
    """The same plan on the emulated bench and on a served one, at the same time."""
    with serving(tmp_path, image) as served:
        in_wall_time = certify(plan, served.bench_path, image, tmp_path / "served")
        emulated = result(certify(plan, BENCH, image, tmp_path / "emulated"), tmp_path / "emulated")
        real = result(in_wall_time, tmp_path / "served")
        status, farewell = served.end()
    assert status == 0, farewell
    assert "largest lag" in farewell
    return emulated, real


def test_the_reference_passes_on_both(image: Path, tmp_path: Path) -> None:
    """Half of the tests on each of two served benches at the same time, since wall time can't be hurried."""
    emulated_folder = tmp_path / "emulated"
    with ExitStack() as stack:
        runs = []
        for half in (0, 1):
            folder = tmp_path / f"half-{half}"
            folder.mkdir()
            served = stack.enter_context(serving(folder, image))
            plan = short_plan(folder / "short.toml", planned_ids()[half::2])
            runs.append((certify(plan, served.bench_path, image, folder / "run"), folder / "run"))
        emulated = result(
            certify(short_plan(tmp_path / "short.toml", planned_ids()), BENCH, image, emulated_folder), emulated_folder
        )
        halves = [result(process, folder) for process, folder in runs]
    assert emulated.status == 0, emulated.out
    assert [half.status for half in halves] == [0, 0], halves[0].out + halves[1].out
    assert halves[0].verdicts | halves[1].verdicts == emulated.verdicts
    assert set(emulated.verdicts.values()) == {"pass"}
    for half in halves:
        assert verify_run(half.folder) == []
        assert load_bench_file(half.folder / "inputs" / "bench.toml").bench.kind == "real"
    # SIG-1's time check has passed, so the served meter's clock was right; the record says on which day.
    (genuine,) = tmp_path.glob("half-*/run/tests/*-sig-1-genuine-alerts/entries.jsonl")
    lines = [line for line in genuine.read_text(encoding="utf-8").splitlines() if '"kind":"alert"' in line]
    times_ns = [json.loads(line)["facts"]["event_time_utc_ns"] for line in lines]
    assert len(times_ns) >= 4
    assert all(abs(time_ns / 1e9 - datetime.now(UTC).timestamp()) < TIMEOUT_S for time_ns in times_ns)
    # A served meter goes on from test to test: its counter is held against the tests before. An emulated one does not.
    assert CARRIED in genuine.read_text(encoding="utf-8")
    assert not [path for path in emulated_folder.glob("tests/*/entries.jsonl") if CARRIED in path.read_text("utf-8")]


def test_a_held_alert_fails_in_its_latency_and_a_late_scope_is_inconclusive_on_both(
    image: Path, tmp_path: Path
) -> None:
    held = build_defect("alert-held-600-ms", out=tmp_path / "firmware").bin
    in_time = short_plan(tmp_path / "in-time.toml", (SEAL_1, LATENCY))
    armed_late = short_plan(tmp_path / "armed-late.toml", (LATENCY,), {"arm": "after-stimulus"})
    (tmp_path / "held").mkdir()
    (tmp_path / "late").mkdir()
    with serving(tmp_path / "late", image) as other:
        late_emulated = certify(armed_late, BENCH, image, tmp_path / "late" / "emulated")
        late = certify(armed_late, other.bench_path, image, tmp_path / "late" / "served")
        emulated, real = on_both(in_time, held, tmp_path / "held")
        late_real = result(late, tmp_path / "late" / "served")

    assert (emulated.status, real.status) == (1, 1), real.out
    assert real.verdicts == emulated.verdicts
    assert real.verdicts == {SEAL_1: "pass", LATENCY: "fail"}

    late_results = (late_real, result(late_emulated, tmp_path / "late" / "emulated"))
    for late_result in late_results:
        assert late_result.status == 2, late_result.out
        assert late_result.verdicts == {LATENCY: "inconclusive"}
        assert "did not trigger" in late_result.out
