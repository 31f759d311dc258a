"""A bench that does not come up: one cause, every test not tested, a record, exit status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.bench import Bench
from harness.evidence.model import Failure
from harness.evidence.reader import load_run
from harness.evidence.verify import verify_run
from harness.measure.verdict import Verdict
from harness.run.inputs import choose_paths, load_inputs
from harness.run.live_run import LiveRun
from tests.run.endings_plan import ENDINGS, attempt_of, bodies, notes, relay_messages, write_plan
from tests.system.commands import BENCH, METER, changed, here_in, run
from tests.system.short_plan import write_latency_plan

SHIPPED = {"bench": BENCH, "meter": METER}

RELAY = 'driver = "keysight-34970a"\nresource = "TCPIP0::relay::inst0::INSTR"\ncalibrated_on = 2026-05-31\n'
# What is changed in bench or meter file, and what the one cause must name.
CASES = {
    "another-meter": ("meter", ('"/TBR5TBREF-01"', '"/TBR5TBREF-02"'), ["/TBR5TBREF-01", "/TBR5TBREF-02"]),
    "calibration-is-over": (
        "bench",
        (f"{RELAY}calibrated_until = 2027-05-31", f"{RELAY}calibrated_until = 2026-05-31"),
        ["'relay'", "2026-05-31", "2026-06-01"],
    ),
    "calibrated-in-the-future": (
        "bench",
        (RELAY, RELAY.replace("2026-05-31", "2026-06-02")),
        ["'relay'", "2026-06-02", "2026-06-01"],
    ),
    "another-unit": ("bench", (RELAY, f'{RELAY}serial = "MY00000000"\n'), ["relay", "MY00000000"]),
    "a-channel-that-the-unit-has-not": (
        "bench",
        ("channels.shunt_line_gross = 106", "channels.shunt_line_gross = 121"),
        ["relay", "121"],
    ),
    "no-such-line": ("bench", ('"board:optical"', '"board:optic"'), ["links.optical.address", "board:optic"]),
    "no-optical-port": ("bench", ('[links.optical]\naddress = "board:optical"\n', ""), ["no link 'optical'", "modem"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_one_cause_names_what_is_wrong(image: Path, tmp_path: Path, case: str) -> None:
    which, change, named = CASES[case]
    files = {"bench": BENCH, "meter": METER} | {which: changed(SHIPPED[which], tmp_path / f"{which}.toml", change)}
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    inputs = load_inputs(choose_paths(ENDINGS, str(plan), files["bench"], files["meter"], image), seed=1)
    live = LiveRun.begin(inputs, tmp_path / "run")
    live.close()
    for text in named:
        assert text in live.cause


def test_every_test_is_skipped_with_the_one_cause(image: Path, tmp_path: Path) -> None:
    meter = changed(METER, tmp_path / "meter.toml", ('"/TBR5TBREF-01"', '"/TBR5TBREF-02"'))
    plan = write_plan(tmp_path / "plan.toml", ("test_passes", "test_misses_a_limit"))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--meter", meter)
    outcome = run("certify", *options, "--out", tmp_path / "run", cwd=tmp_path)
    assert outcome.status == 2, outcome.text
    assert "Traceback" not in outcome.text
    read = load_run(tmp_path / "run")
    cause = read.volatile["bring_up_cause"]
    assert "/TBR5TBREF-02" in cause
    assert outcome.out.count(cause) == 2, "with the first test, and at the end"
    assert [test.verdict for test in read.tests] == [Verdict.NOT_TESTED, Verdict.NOT_TESTED]
    for test in ("passes", "misses-a-limit"):
        attempt = attempt_of(tmp_path / "run", test)
        assert relay_messages(attempt) == []
        assert notes(attempt) == [f"not tested, because the bench did not come up: {cause}"]
    assert verify_run(tmp_path / "run") == []
    assert (tmp_path / "run" / "report.html").is_file()


# Images that are flashed as they are and do not make a meter.
IMAGES = {
    "zeros": (bytes(4096), "vector"),
    "erased": (b"\xff" * 4096, "firmware fault"),
    "text": (b"not a program, but long enough to be taken for one" * 8, "firmware fault"),
}


def cause_with(image: bytes, tmp_path: Path) -> str:
    (tmp_path / "image.bin").write_bytes(image)
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    inputs = load_inputs(choose_paths(ENDINGS, str(plan), image=tmp_path / "image.bin"), seed=1)
    live = LiveRun.begin(inputs, tmp_path / "run")
    live.close()
    return live.cause


@pytest.mark.parametrize("case", IMAGES)
def test_an_image_that_does_not_boot_is_the_cause(tmp_path: Path, case: str) -> None:
    content, named = IMAGES[case]
    assert named in cause_with(content, tmp_path)


def test_an_image_that_hangs_is_a_meter_that_does_not_answer(tmp_path: Path) -> None:
    # Vector table: stack at the end of SRAM, reset to 0x8; there the instruction "branch to itself" (B .).
    image = (0x2000_FFF0).to_bytes(4, "little") + (0x0000_0009).to_bytes(4, "little") + b"\xfe\xe7" * 8
    assert "expected an identification" in cause_with(image, tmp_path)


def test_an_image_of_zeros_is_not_certified(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(bytes(4096))
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", tmp_path / "image.bin", "--out", tmp_path / "run")
    outcome = run("certify", *options, cwd=tmp_path)
    assert outcome.status == 2, outcome.text
    assert "firmware fault" in outcome.out
    assert "Traceback" not in outcome.text
    assert verify_run(tmp_path / "run") == []


PROBES = "probes = { CASE_SW = 1, COIL_I = 2, MODEM_TX = 3, SHUNT_I = 4 }"
# What the bench lacks, and what the error of the test that needs it must name.
LACKING = {
    "probe": (
        (PROBES, "probes = { COIL_I = 2, MODEM_TX = 3, SHUNT_I = 4 }"),
        ["'CASE_SW'", "MODEM_TX", "[instruments.scope.probes]"],
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_the_bench_lacks_is_an_error_of_the_test_that_needs_it(image: Path, tmp_path: Path, case: str) -> None:
    change, named = LACKING[case]
    bench = changed(BENCH, tmp_path / "bench.toml", change)
    plan = write_latency_plan(tmp_path / "plan.toml")
    outcome = run(
        "certify", "--plan", plan, "--image", image, "--bench", bench, "--out", tmp_path / "run", cwd=tmp_path
    )
    assert outcome.status == 2, outcome.text
    assert "Traceback" not in outcome.text
    (test,) = load_run(tmp_path / "run").tests
    assert test.verdict is Verdict.ERROR
    (failure,) = (body for body in bodies(test.attempts[0]) if isinstance(body, Failure))
    for text in named:
        assert text in failure.message
        assert text in outcome.out


@pytest.mark.parametrize("table", ["instruments.relay", "instruments.scope", "links.modem", "links.optical"])
def test_a_bench_without_what_the_plan_needs_is_refused_before_anything_is_run(
    image: Path, tmp_path: Path, table: str
) -> None:
    bench = changed(BENCH, tmp_path / "bench.toml", (f"[{table}]", f"[{table}_2]"))
    plan = write_latency_plan(tmp_path / "plan.toml")
    options = ("--plan", plan, "--image", image, "--bench", bench, "--out", tmp_path / "run")
    outcome = run("certify", *options, cwd=tmp_path)
    assert outcome.status == 2, outcome.text
    assert outcome.out == ""
    assert f"{bench}: no table [{table}]; it is needed by com-1-case-latency" in outcome.err
    assert f"{table.partition('.')[2]}_2" in outcome.err
    assert not (tmp_path / "run").exists()


def test_a_channel_that_the_plan_works_and_the_bench_lacks_is_told_by_certify_and_by_the_check(
    image: Path, tmp_path: Path
) -> None:
    bench = changed(BENCH, tmp_path / "bench.toml", ("channels.case_switch = 101", ""))
    plan = write_latency_plan(tmp_path / "plan.toml")
    options = ("--plan", plan, "--image", image, "--bench", bench)
    named = f"{bench}: [instruments.relay] has no channels.case_switch; add channels.case_switch = CHANNEL; it is"
    refused = run("certify", *options, "--out", tmp_path / "run", cwd=tmp_path)
    checked = run("bench", "check", *options, cwd=tmp_path)
    assert (refused.status, checked.status) == (2, 2)
    assert named in refused.err
    assert named in checked.err
    assert "needed by com-1-case-latency" in checked.err
    assert not (tmp_path / "run").exists()
    blind = run("bench", "check", *options[2:], cwd=tmp_path)
    assert blind.status == 0, blind.text
    assert "not looked at: whether a plan finds every channel" in blind.out


def test_an_interrupt_while_the_bench_comes_up_gives_the_bench_back(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed: list[Bench] = []

    def interrupted(_bench: Bench, _traffic: object) -> None:
        raise KeyboardInterrupt

    def close(bench: Bench) -> None:
        closed.append(bench)

    monkeypatch.setattr("harness.run.live_run.bring_up", interrupted)
    monkeypatch.setattr("harness.emulation.bench.EmulatedBench.close", close)
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", "run")
    outcome = here_in(tmp_path, monkeypatch, capsys)("certify", *options)
    assert outcome.status == 2
    assert "interrupted before the first test" in outcome.err
    assert len(closed) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["plan.toml"]
