"""Mistakes in a bench file's instruments are told with file, key and remedy before anything is built or opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.errors import BenchFileError
from harness.instruments.declared import load_declared_bench
from tests.system.commands import BENCH, Here, changed, here_in
from tests.system.test_bad_input import assert_refused, files_in

COIL = "limits = { current_A = 3.0, voltage_V = 6.0, waveform_voltage_V = 20.0 }"
WRONG: dict[str, tuple[tuple[str, str], list[str]]] = {
    "driver-misspelt": (
        ('driver = "keysight-infiniivision"', 'driver = "keysight-infinivision"'),
        ["key 'instruments.scope.driver'", "did you mean 'keysight-infiniivision'"],
    ),
    "driver-of-another-role": (
        ('driver = "keysight-infiniivision"', 'driver = "espec-p300"'),
        ["key 'instruments.scope.driver'", "can't be this bench's 'scope'"],
    ),
    "limit-in-another-unit": (
        (COIL, COIL.replace("current_A = 3.0", "current_mA = 3000")),
        ["key 'instruments.coil_supply.limits.current_mA'", "did you mean 'current_A'"],
    ),
    "limit-missing": (
        (COIL, COIL.replace("current_A = 3.0, ", "")),
        ["key 'instruments.coil_supply.limits.current_A' is missing"],
    ),
    "limit-that-limits-nothing": (
        ("probes = { SHUNT_I = 1 }", "probes = { SHUNT_I = 1 }\nlimits = { current_A = 1 }"),
        ["key 'instruments.multimeter.limits.current_A'", "no such limit", "it takes: none"],
    ),
    "another-transport": (
        ('resource = "TCPIP0::load::inst0::INSTR"', 'resource = "serial:/dev/ttyACM0"'),
        ["key 'instruments.load.resource'", "a VISA resource name"],
    ),
    "setting-of-another-driver": (
        ("channels.case_switch = 101", "active_low = true\nchannels.case_switch = 101"),
        ["key 'instruments.relay.active_low'"],
    ),
    "link-of-another-kind": (
        ('address = "board:modem"', 'address = "tcp://10.0.0.1:4059"'),
        ["key 'links.modem.address'", "board:NAME"],
    ),
    "date-in-words": (
        ("calibrated_until = 2027-05-31", 'calibrated_until = "soon"'),
        ["key 'instruments.scope.calibrated_until'", "a date without quotes, as in 2027-05-31 (found 'soon')"],
    ),
    "epoch-in-words": (
        ("epoch = 2026-06-01T08:00:00Z", 'epoch = "now"'),
        ["key 'bench.epoch'", "a date and time without quotes"],
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)


def test_the_shipped_bench_is_as_its_drivers_need_it() -> None:
    assert load_declared_bench(BENCH).bench.kind == "emulated"


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_with_file_key_and_remedy(tmp_path: Path, case: str) -> None:
    change, named = WRONG[case]
    file = changed(BENCH, tmp_path / "bench.toml", change)
    with pytest.raises(BenchFileError) as caught:
        load_declared_bench(file)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{file}: key ")
    for text in named:
        assert text in line


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    file = changed(BENCH, tmp_path / "bench.toml", WRONG["driver-misspelt"][0], WRONG["limit-missing"][0])
    with pytest.raises(BenchFileError) as caught:
        load_declared_bench(file)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("command", ["certify", "run", "serve", "qualify", "bench check", "bench shell -c 1"])
def test_every_command_refuses_before_it_builds_or_writes(here: Here, tmp_path: Path, command: str) -> None:
    # A meter file whose firmware has no sources: a build that was begun would tell of that instead.
    meter = tmp_path / "meter.toml"
    shipped = BENCH.parent.parent / "meters" / "reference.toml"
    changed(shipped, meter, ('source = "', 'source = "no/such/'))
    bench = changed(BENCH, tmp_path / "bench.toml", WRONG["driver-misspelt"][0])
    before = files_in(tmp_path)
    outcome = here(*command.split(), "--bench", bench, "--meter", meter)
    assert_refused(outcome, f"{bench}: key 'instruments.scope.driver'", "did you mean")
    assert files_in(tmp_path) == before
