"""A person's first minutes: init, list, bench check, and what they say when something is not as it should be."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.bench.files import load_bench_file, load_meter_file
from harness.instruments.registry import DRIVERS, ROLES
from harness.plan.catalogue import load_catalogue
from harness.run.inputs import default_testplans
from harness.run.listing import LISTS
from tests.system.commands import BENCH, METER, Here, changed
from tests.system.test_bad_input import assert_refused, files_in

FILES = ["bench.toml", "meter.toml", "plan.toml"]


def filled_in(file: Path, values: dict[str, str]) -> None:
    """Put a value in place of each FILL IN, by its key; 'x' for those without."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        key = line.partition(" = ")[0]
        lines.append(f"{key} = {values.get(key, '1.0')}" if ' = "FILL IN' in line else line)
    file.write_text("\n".join(lines), encoding="utf-8")


def test_the_files_of_init_are_the_shipped_ones_and_run_as_they_are(here: Here, image: Path, tmp_path: Path) -> None:
    outcome = here("init", "mine")
    assert outcome.status == 0, outcome.text
    assert files_in(tmp_path / "mine") == FILES
    bench, meter = tmp_path / "mine/bench.toml", tmp_path / "mine/meter.toml"
    assert load_bench_file(bench) == load_bench_file(BENCH)
    own, shipped = load_meter_file(meter), load_meter_file(METER)
    assert own.model_copy(update={"firmware": shipped.firmware}) == shipped
    assert (meter.parent / own.firmware.source).resolve() == (METER.parent / shipped.firmware.source).resolve()
    assert own.firmware.image == Path("build/meter.bin"), "never built into the installation"
    for file in FILES:
        text = (tmp_path / "mine" / file).read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert "yours from here on" in text
    options = ("--plan", "mine/plan.toml", "--bench", bench, "--meter", meter, "--image", image)
    ran = here("run", "seal-2-single-short-pulses", *options, "--out", "run")
    assert ran.status == 0, ran.text
    assert "tamperbench bench check --bench mine/bench.toml" in outcome.out


@pytest.mark.parametrize("there", FILES)
@pytest.mark.parametrize("real", [(), ("--real",)])
def test_init_overwrites_nothing(here: Here, tmp_path: Path, there: str, real: tuple[str, ...]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / there).write_text("dear", encoding="utf-8")
    assert_refused(here("init", "mine", *real), there, "nothing is overwritten")
    assert files_in(tmp_path / "mine") == [there]
    assert (tmp_path / "mine" / there).read_text(encoding="utf-8") == "dear"


def test_init_where_there_can_be_no_folder(here: Here, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert_refused(here("init", "file"), "file", "choose another folder")
    assert_refused(here("init", "file/inside"), "file/inside", "choose another folder")
    assert files_in(tmp_path) == ["file"]


def test_files_for_a_real_bench_are_refused_until_they_are_filled_in(here: Here, tmp_path: Path) -> None:
    assert here("init", "lab", "--real").status == 0
    bench, meter = tmp_path / "lab/bench.toml", tmp_path / "lab/meter.toml"
    data = tomllib.loads(bench.read_text(encoding="utf-8"))
    assert data["bench"]["kind"] == "real"
    shipped = load_bench_file(BENCH)
    assert set(data["instruments"]) == set(shipped.instruments), "every class of instrument"
    assert set(data) == set(tomllib.loads(BENCH.read_text(encoding="utf-8"))) - {"emulation"}, "every table"
    for place in ("shaker", "narrow_coil"):
        assert data[place]["certificate"].startswith("FILL IN"), "calibration is a fact of the lab's"
    for command in (("certify",), ("run",), ("bench", "check"), ("bench", "shell", "-c", "1")):
        assert_refused(here(*command, "--bench", bench), str(bench), "instruments.scope.resource", "'FILL IN'")
    assert_refused(here("certify", "--meter", meter), str(meter), "meter.serial")
    dates = {"calibrated_on": "2026-03-02", "calibrated_until": "2027-03-02"}
    words = ("name", "laboratory", "resource", "calibrated_by", "certificate", "address", "serial")
    texts = dict.fromkeys(words, '"x"')
    curves = dict.fromkeys(("currents_A", "fields_mT"), "[0, 1, 2]")
    filled_in(bench, dates | texts | curves | {"fraction": "0.5"})
    lab = load_bench_file(bench)
    assert lab.bench.kind == "real"
    assert lab.instruments.keys() == shipped.instruments.keys()
    assert lab.instruments["scope"].probes == shipped.instruments["scope"].probes
    assert lab.coils.keys() == shipped.coils.keys()
    assert lab.shaker is not None
    assert lab.narrow_coil is not None
    assert shipped.narrow_coil is not None
    assert (lab.narrow_coil.axis, lab.narrow_coil.output) == (shipped.narrow_coil.axis, shipped.narrow_coil.output)
    assert lab.shunts.keys() == shipped.shunts.keys()
    assert lab.link_profiles == shipped.link_profiles, "settings with their sources, not facts of the lab's"


def test_a_driver_for_every_role_of_the_shipped_bench() -> None:
    for role, entry in load_bench_file(BENCH).instruments.items():
        assert entry.driver in DRIVERS
        assert entry.driver in ROLES.get(role, (entry.driver,))


@pytest.mark.parametrize("what", LISTS)
def test_every_list_is_shown(here: Here, what: str) -> None:
    outcome = here("list", what)
    assert outcome.status == 0, outcome.text
    assert outcome.out.strip()
    assert outcome.err == ""


def test_lists_say_what_there_is(here: Here) -> None:
    tests = here("list", "tests", "--plan", "bite").out
    assert "com-1-case-latency" in tests
    assert "needs relay, scope" in tests
    requirements = here("list", "requirements").out
    for row in load_catalogue(default_testplans() / "requirements.toml").requirement:
        assert f" {row.id} " in requirements
    assert "keysight-34970a" in here("list", "drivers").out
    assert "board:modem" in here("list", "instruments").out
    assert "The meter's case" in here("list", "fixtures").out
    assert "smoke" in here("list", "plans").out
    assert "no run" in here("list", "runs").out


def test_a_list_that_there_is_not(here: Here) -> None:
    assert_refused(here("list", "instrumets"), "'instrumets'", "did you mean 'instruments'")


def test_near_misses_of_plans_tests_and_commands(here: Here, image: Path) -> None:
    assert_refused(here("certify", "--plan", "smok"), "did you mean 'smoke'")
    assert_refused(here("run", "com-1-case-latncy", "--image", image), "did you mean 'com-1-case-latency'")
    for command in (("run", "seal-1-openin"), ("certify", "--test", "seal-1-openin")):
        refused = here(*command, "--image", image)
        assert_refused(refused, "did you mean 'seal-1-opening-and-closing'", "more (all: tamperbench list tests)")
        assert len(refused.err) < 400
    for wrong, meant in ((("certfy",), "certify"), (("bench", "chek"), "check"), (("firmware", "inspct"), "inspect")):
        outcome = here(*wrong)
        assert outcome.status == 2
        assert f"Did you mean '{meant}'" in outcome.err


def test_bench_check_tells_of_everything(here: Here, image: Path) -> None:
    outcome = here("bench", "check", "--image", image)
    assert outcome.status == 0, outcome.text
    file = load_bench_file(BENCH)
    for name in (*file.instruments, *file.links, "meter"):
        assert f"\n{name} " in outcome.out
    assert "KEYSIGHT MSO-X 3014T" in outcome.out
    assert "EMU58490001" in outcome.out
    assert "2027-05-31" in outcome.out
    assert "errors: none" in outcome.out
    assert "at most current_A" in outcome.out
    assert "/TBR5TBREF-01" in outcome.out
    assert f"all {len(file.instruments) + len(file.links) + 1} can be used" in outcome.out


WRONG_BENCHES = {
    "expired": ("calibrated_until = 2027-05-31", "calibrated_until = 2026-05-31", "calibration ended on 2026-05-31"),
    "another-unit": ('driver = "keysight-infin', 'serial = "MY1"\ndriver = "keysight-infin', "expects MY1"),
}


@pytest.mark.parametrize("case", WRONG_BENCHES)
def test_bench_check_goes_on_after_what_is_wrong(here: Here, image: Path, tmp_path: Path, case: str) -> None:
    old, new, named = WRONG_BENCHES[case]
    bench = changed(BENCH, tmp_path / "bench.toml", (old, new))
    outcome = here("bench", "check", "--bench", bench, "--image", image)
    assert outcome.status == 2, outcome.text
    assert outcome.err.count("not usable") == 1
    assert named in outcome.err
    assert "'scope'" in outcome.err or "scope" in outcome.err
    assert "/TBR5TBREF-01" in outcome.out, "the meter is told of all the same"
    assert "Traceback" not in outcome.text


NOBODY = """
[bench]
name = "nobody there"
kind = "real"

[instruments.relay]
driver = "keysight-34970a"
resource = "TCPIP0::127.0.0.1::1::SOCKET"
calibrated_on = 2020-01-01
calibrated_until = 2099-01-01

[links.modem]
address = "tcp://127.0.0.1:1"

[links.optical]
address = "tcp://127.0.0.1:1"
"""


def test_bench_check_where_nobody_answers(here: Here, tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(NOBODY, encoding="utf-8")
    outcome = here("bench", "check", "--bench", tmp_path / "bench.toml")
    assert outcome.status == 2, outcome.text
    assert outcome.err.count("not usable") == 4
    assert "4 of 4 can't be used" in outcome.out
    assert "Traceback" not in outcome.text


def test_bench_check_of_another_meter(here: Here, image: Path, tmp_path: Path) -> None:
    meter = changed(METER, tmp_path / "meter.toml", ("/TBR5TBREF-01", "/TBR5OTHER-01"), ('source = "', '# "'))
    outcome = here("bench", "check", "--meter", meter, "--image", image)
    assert outcome.status == 2, outcome.text
    assert "signs on as '/TBR5TBREF-01', the meter file says '/TBR5OTHER-01'" in outcome.err


@pytest.mark.parametrize("option", ["--bench", "--meter", "--image"])
@pytest.mark.parametrize("command", [("bench", "check"), ("bench", "shell", "-c", "1")])
def test_files_that_are_none(here: Here, tmp_path: Path, command: tuple[str, ...], option: str) -> None:
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    for value in (tmp_path / "none.toml", tmp_path, tmp_path / "binary"):
        outcome = here(*command, option, value)
        if option == "--image" and value.name == "binary":
            continue  # octets that could be an image: the meter's board tells
        assert_refused(outcome, str(value))
    assert files_in(tmp_path) == ["binary"]


def test_codes_to_fill_in_are_written_as_the_protocol_does(here: Here, tmp_path: Path) -> None:
    assert here("init", tmp_path / "lab", "--real").status == 0
    text = (tmp_path / "lab" / "meter.toml").read_text(encoding="utf-8")
    assert 'case_opened = "FILL IN: instead of 0x2C"' in text
    assert 'modem_baud_Bd = "FILL IN: instead of 115200"' in text
    assert 'secure_element = "FILL IN: instead of 0x60"' in text
