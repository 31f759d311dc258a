"""Bench and meter files, images, calibration dates, and what opening a bench says when it can't."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.bench.bench import RealBench, open_bench
from harness.bench.clock import WallClock
from harness.bench.errors import BenchError, BenchFileError, BringUpError, InstrumentMissingError
from harness.bench.files import MAX_IMAGE_BYTES, BenchFile, load_bench_file, load_meter_file, read_image
from harness.run.bring_up import check_calibration
from tests.system.commands import BENCH, METER, changed


@pytest.fixture
def bench() -> BenchFile:
    return load_bench_file(BENCH)


def real(tmp_path: Path, *changes: tuple[str, str]) -> BenchFile:
    return load_bench_file(changed(BENCH, tmp_path / "lab.toml", ('kind = "emulated"', 'kind = "real"'), *changes))


def utc_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.mark.parametrize("day", ["2026-05-31T00:00:00", "2026-10-01T12:00:00", "2027-05-31T23:59:59"])
def test_calibration_counts_from_its_first_to_its_last_day(bench: BenchFile, day: str) -> None:
    check_calibration(bench, utc_ns(day))


@pytest.mark.parametrize("day", ["2026-05-30T23:59:59", "2027-06-01T00:00:00"])
def test_a_day_outside_is_refused_with_instrument_and_dates(bench: BenchFile, day: str) -> None:
    with pytest.raises(BringUpError) as raised:
        check_calibration(bench, utc_ns(day))
    for text in ("'scope'", "2026-05-31", "2027-05-31", day[:10], "certificate"):
        assert text in str(raised.value)


def test_one_instrument_out_of_calibration_is_enough(tmp_path: Path) -> None:
    second = 'driver = "keysight-34970a"\nresource = "TCPIP0::relay::inst0::INSTR"\ncalibrated_on = 2026-05-31\n'
    file = real(tmp_path, (f"{second}calibrated_until = 2027-05-31", f"{second}calibrated_until = 2026-06-30"))
    check_calibration(file, utc_ns("2026-06-30T10:00:00"))
    with pytest.raises(BringUpError, match="'relay'"):
        check_calibration(file, utc_ns("2026-07-01T10:00:00"))


def test_a_missing_instrument_or_link_names_what_there_is_and_what_to_add(bench: BenchFile) -> None:
    with pytest.raises(InstrumentMissingError, match=r"no instrument 'magnet' .*relay, scope.*\[instruments\.magnet\]"):
        bench.instrument("magnet")
    with pytest.raises(InstrumentMissingError, match=r"no link 'hdlc' .*modem, optical.*\[links\.hdlc\]"):
        bench.link("hdlc")


def test_the_shipped_files_read_as_they_say(bench: BenchFile) -> None:
    meter = load_meter_file(METER)
    assert bench.bench.kind == "emulated"
    channels = bench.instrument("relay").channels
    assert (channels["case_switch"], channels["meter_supply"], channels["source_feed"]) == (101, 102, 103)
    assert {f"shunt_{name}" for name in bench.shunts} < set(channels)
    assert set(channels.values()) <= {*range(101, 121), *range(201, 221), *range(301, 321)}  # 34903A: 20 a module
    assert (meter.alerts.events.case_opened, meter.alerts.events.case_closed) == (0x2C, 0x2D)
    assert meter.lines.modem_baud_Bd == 115_200


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("channels.shunt_line_low = 104", "", "without a channel: shunt_line_low"),
        ("channels.shunt_line_low = 104", "channels.shunt_lime = 104", "without a table: shunt_lime; without a"),
        ("fraction = 0.07", "fraction = 1.0", "less than 1"),
        ("fraction = 0.07", "fraction = 0", "more than 0"),
        ('element = "line"', 'element = "earth"', "'line' or 'neutral'"),
    ],
)
def test_a_shunt_is_wired_and_takes_a_part(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(BenchFileError, match=told):
        load_bench_file(changed(BENCH, tmp_path / "bench.toml", (old, new)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("channels.meter_supply = 102", "channels.meter_supply = 101", "case_switch and meter_supply are both at"),
        ("channels.meter_supply = 102", "channels.meter_supply = -1", "meter_supply = -1: expected a channel number"),
        ("MODEM_TX = 3", "MODEM_TX = 1", "CASE_SW and MODEM_TX are both at channel 1"),
        ("I2C_SDA = 1", "I2C_SDA = 0", "I2C_SCL and I2C_SDA are both at channel 0"),
    ],
)
def test_each_thing_wired_has_a_channel_of_its_own(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Else a test that opens the case would cut the supply, too, and call it an opening."""
    with pytest.raises(BenchFileError, match=told):
        load_bench_file(changed(BENCH, tmp_path / "bench.toml", (old, new)))


def test_an_image_of_just_the_flash_is_read_and_one_octet_more_is_not(tmp_path: Path) -> None:
    file = tmp_path / "image.bin"
    file.write_bytes(bytes(MAX_IMAGE_BYTES))
    assert len(read_image(file)) == MAX_IMAGE_BYTES
    file.write_bytes(bytes(MAX_IMAGE_BYTES + 1))
    with pytest.raises(BenchFileError, match=r"larger .* 262144 bytes"):
        read_image(file)


@pytest.mark.parametrize(
    "content", [b"", bytes(7), b"\x7fELF" + bytes(99), b":10000000FF\r\n" * 9, b"S00600004844521B\n"]
)
def test_what_is_no_raw_binary_is_no_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "image.bin").write_bytes(content)
    with pytest.raises(BenchFileError, match="not a firmware image: expected a raw binary"):
        read_image(tmp_path / "image.bin")


def test_a_real_bench_keeps_wall_time_and_needs_no_emulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *rest: Any) -> Any:
        assert not name.startswith("harness.emulation")
        return plain_import(name, *rest)

    plain_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    bench = open_bench(real(tmp_path), load_meter_file(METER), image=bytes(8), symbols=None, seed=1)
    assert isinstance(bench, RealBench)
    assert isinstance(bench.clock, WallClock)
    bench.start_test("anything")
    bench.close()


def test_an_emulated_bench_without_the_extra_says_what_to_install(
    bench: BenchFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(name: str, *rest: Any) -> Any:
        if name == "harness.emulation.bench":
            raise ModuleNotFoundError("No module named 'unicorn'", name="unicorn")
        return plain_import(name, *rest)

    plain_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BenchError, match=r"unicorn is missing.*tamperbench\[emulation\]"):
        open_bench(bench, load_meter_file(METER), image=bytes(8), symbols=None, seed=1)


def test_a_visa_library_that_is_not_there_is_told_with_its_key(tmp_path: Path) -> None:
    file = real(tmp_path, ("[bench]\n", '[bench]\nvisa_library = "/no/such/libvisa.so"\n'))
    with pytest.raises(BenchError, match=r"/no/such/libvisa\.so.*bench\.visa_library"):
        RealBench(file, load_meter_file(METER))


@pytest.mark.parametrize("address", ["board:modem", "tcp://10.0.0.1", "udp://10.0.0.1:4059", "10.0.0.1:4059"])
def test_a_real_bench_takes_tcp_addresses_only(tmp_path: Path, address: str) -> None:
    bench = RealBench(real(tmp_path, ('"board:modem"', f'"{address}"')), load_meter_file(METER))
    with pytest.raises(BenchFileError, match=r"links\.modem\.address.*tcp://HOST:PORT"):
        bench.open_link("modem")
    bench.close()


def test_the_wall_clock_goes_on_and_waits() -> None:
    clock = WallClock()
    before_ns = clock.now_ns()
    clock.sleep_ns(5_000_000)
    assert clock.now_ns() - before_ns >= 5_000_000
    clock.sleep_ns(0)
    clock.sleep_ns(-1)
    assert abs(clock.utc_ns() - datetime.now(UTC).timestamp() * 1e9) < 1e9


def test_two_events_of_one_code_are_refused(tmp_path: Path) -> None:
    """With one code for both any alert would stand for either movement."""
    path = changed(METER, tmp_path / "meter.toml", ("case_closed = 0x2D", "case_closed = 0x2C"))
    with pytest.raises(BenchFileError, match=r"alerts\.events\.case_closed.*code of its own"):
        load_meter_file(path)


def test_a_public_key_that_is_no_point_of_the_curve_is_refused_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "meter.toml"
    text = METER.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("public_key"))
    path.write_text(text.replace(line, f'public_key = "{"11" * 64}"'), encoding="utf-8")
    with pytest.raises(BenchFileError, match=r"alerts\.public_key.*point of the curve"):
        load_meter_file(path)
