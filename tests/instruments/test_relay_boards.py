"""Relay boards over SMBus and serial: drivers on emulated boards, boards as their data sheets have them, whole runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.bench.errors import BenchFileError, LinkError
from harness.bench.files import load_bench_file, load_meter_file
from harness.emulation.bench import EmulatedBench
from harness.emulation.errors import NotModelledError
from harness.emulation.instruments.mcp23017 import Mcp23017Board
from harness.emulation.instruments.numato import NumatoModule
from harness.emulation.instruments.pcf8574 import Pcf8574Board
from harness.emulation.instruments.relay_board import OPERATE_NS, RELEASE_NS, EmulatedSmbus
from harness.emulation.serve.serve import ServeRequest, serve
from harness.emulation.world import World
from harness.evidence.reader import load_run
from harness.instruments.errors import BadAnswerError, IdentityError, SettingError, TransportError
from harness.instruments.mcp23017 import Mcp23017
from harness.instruments.numato_relay import NumatoRelay
from harness.instruments.open import open_instrument
from harness.instruments.pcf8574 import Pcf8574
from tests.instruments.boards import DRIVERS, RESOURCES, SERIALS, bench_file_with, make_board, open_port
from tests.instruments.small_bench import WorldClock
from tests.system.commands import BENCH, METER, build_image, changed, here_in
from tests.system.short_plan import write_short_plan

NAMES = tuple(RESOURCES)


@pytest.mark.parametrize("name", NAMES)
def test_relays_by_channel(name: str) -> None:
    it = make_board(name)
    it.driver.reset()
    assert it.driver.closed_channels() == []
    it.driver.close(it.first)
    it.driver.close(it.second)
    assert it.driver.closed(it.first)
    assert it.driver.closed_channels() == [it.first, it.second]
    it.driver.open(it.first)
    assert not it.driver.closed(it.first)
    assert it.driver.closed(it.second)
    it.driver.open_all()
    assert it.driver.closed_channels() == []
    assert it.levels() == [True, False]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(1, 8))
def test_a_relay_has_settled_when_the_call_returns(name: str, seed: int) -> None:
    it = make_board(name, seed)
    it.driver.reset()
    for action, limits, level in ((it.driver.close, OPERATE_NS, True), (it.driver.open, RELEASE_NS, False)):
        before_ns = it.world.now_ns
        action(it.first)
        moved_ns, now = it.switch.state[-1]
        assert now is level
        assert limits[0] <= moved_ns - before_ns <= limits[1] + 5_000_000, "and the transfers before it"


@pytest.mark.parametrize("name", NAMES)
def test_opening_switches_nothing(name: str) -> None:
    it = make_board(name)
    it.driver.reset()
    it.driver.close(it.first)
    again = DRIVERS[name](it.port, WorldClock(it.world), name="relay", serial=SERIALS[name])
    assert again.closed_channels() == [it.first]
    assert it.levels() == [True]


@pytest.mark.parametrize("name", NAMES)
def test_every_exchange_is_reported_with_its_time(name: str) -> None:
    it = make_board(name)
    it.driver.reset()
    it.traffic.clear()
    it.driver.close(it.first)
    directions = {direction for direction, _, _ in it.traffic}
    assert directions == {">", "<"}
    times = [at_ns for _, _, at_ns in it.traffic]
    assert times == sorted(times)
    written = {"mcp23017": "write register 0x14 0x08", "pcf8574": "send byte 0xfe", "numato-relay": "relay on 2"}
    assert written[name] in [text for direction, text, _ in it.traffic if direction == ">"]


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_that_is_not_there_is_refused_before_anything_is_sent(name: str) -> None:
    it = make_board(name)
    sent = len(it.traffic)
    for channel in (-1, 16, 100):
        for method in (it.driver.close, it.driver.open, it.driver.closed):
            with pytest.raises(SettingError, match=f"channel {channel}"):
                method(channel)
    assert [text for _, text, _ in it.traffic[sent:] if "write" in text or "send" in text or "relay o" in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_between_command_and_contact(name: str) -> None:
    it = make_board(name)
    it.driver.reset()
    raw = it.port
    if isinstance(it.board, NumatoModule):
        raw.write(b"relay on 2\r")  # type: ignore[union-attr]
    elif isinstance(it.board, Mcp23017Board):
        raw.write_register(0x14, 1 << it.first)  # type: ignore[union-attr]
    else:
        raw.write_byte(0xFE)  # type: ignore[union-attr]
    assert it.levels() == []
    snapshot = it.world.snapshot()
    digests = []
    for _ in range(2):
        it.world.restore(snapshot)
        it.world.run_until(snapshot.now_ns + 20_000_000)
        assert it.levels() == [True]
        digests.append(it.world.snapshot().digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_coil_that_is_released_before_its_contact_moved_closes_nothing(name: str) -> None:
    it = make_board(name)
    it.board.drive(1 << it.first)
    it.world.run_until(it.world.now_ns + OPERATE_NS[0] - 1)
    it.board.drive(0)
    it.world.run_until(it.world.now_ns + 50_000_000)
    assert True not in it.levels()


@pytest.mark.parametrize("name", ["mcp23017", "pcf8574"])
def test_a_part_without_a_serial_number_needs_one_in_the_bench_file(name: str) -> None:
    it = make_board(name)
    assert it.driver.identity().serial == SERIALS[name]
    assert "serial number declared in the bench file" in it.driver.identity().model
    for missing in (None, ""):
        with pytest.raises(IdentityError, match=r"instruments\.relay\.serial"):
            DRIVERS[name](it.port, WorldClock(it.world), name="relay", serial=missing)


def test_a_module_with_another_id_is_refused() -> None:
    it = make_board("numato-relay")
    assert it.driver.identity().serial == "EMU00001"
    with pytest.raises(IdentityError, match=r"'EMU00001'.*'EMU00002'"):
        NumatoRelay(it.port, WorldClock(it.world), name="relay", serial="EMU00002")  # type: ignore[arg-type]
    assert NumatoRelay(it.port, WorldClock(it.world), name="relay", serial=None).identity().serial == "EMU00001"  # type: ignore[arg-type]


def test_another_part_at_the_address_is_no_mcp23017() -> None:
    world = World(1)
    board = Pcf8574Board(world, "relay", {})
    with pytest.raises(BadAnswerError, match="check that an MCP23017 is at this address"):
        Mcp23017(EmulatedSmbus(world, "smbus:1:0x20", board), WorldClock(world), name="relay", serial="x")


@pytest.mark.parametrize("name", ["mcp23017", "pcf8574"])
def test_boards_of_the_other_polarity(name: str) -> None:
    """Told wrongly, such a board would close every relay in its safe state: the emulated board shows that too."""
    usual = {"mcp23017": False, "pcf8574": True}[name]
    it = make_board(name, active_low=not usual)
    it.driver.reset()
    assert it.board.state.driven == (0xFFFF if name == "mcp23017" else 0xFF)
    emulated = {"mcp23017": Mcp23017Board, "pcf8574": Pcf8574Board}[name]
    world = World(1)
    board = emulated(world, "relay", {}, active_low=not usual)
    port = open_port(world, name, board)
    driver = DRIVERS[name](port, WorldClock(world), name="relay", serial="x", active_low=not usual)
    driver.reset()
    assert board.state.driven == 0
    driver.close(1)
    assert board.state.driven == 0b10
    assert driver.closed_channels() == [1]


def test_a_board_left_with_banked_registers_is_set_right_without_switching() -> None:
    it = make_board("mcp23017")
    it.driver.reset()
    it.driver.close(it.first)
    it.port.write_register(0x0A, 0x80)  # type: ignore[union-attr]
    again = Mcp23017(it.port, WorldClock(it.world), name="relay", serial="x")  # type: ignore[arg-type]
    assert again.closed_channels() == [it.first]
    assert it.levels() == [True]


def test_registers_of_the_mcp23017_as_its_data_sheet_has_them() -> None:
    board = Mcp23017Board(World(1), "relay", {})
    assert [board.read_register(register) for register in (0x00, 0x01, 0x0A, 0x14)] == [0xFF, 0xFF, 0, 0]
    assert board.read_register(0x12) == 0xFF, "inputs, pulled high"
    board.write_register(0x12, 0x5A)
    assert board.read_register(0x14) == 0x5A, "a write to GPIO goes to the latch"
    assert board.state.driven == 0, "pins that are inputs drive nothing"
    board.write_register(0x00, 0x00)
    assert board.state.driven == 0x5A
    assert board.read_register(0x12) == 0x5A
    board.write_register(0x02, 0xFF)
    assert board.read_register(0x12) == 0xA5, "the polarity register turns what is read, not the pin"
    assert board.state.driven == 0x5A
    board.write_register(0x0B, 0x82)
    assert board.read_register(0x05) == board.read_register(0x15) == 0x82, "IOCON with BANK = 1"
    assert board.read_register(0x0A) == 0x5A
    for register in (0x0B, 0x1B, 0x20, 0x07):
        with pytest.raises(NotModelledError):
            board.read_register(register)


def typed(module: NumatoModule, text: bytes) -> bytes:
    module.receive(text)
    module.world.run_until(module.world.now_ns + 10_000_000)
    return module.take()


def test_the_module_speaks_as_its_user_guide_says() -> None:
    module = NumatoModule(World(1), "relay", {})
    assert typed(module, b"ver\r") == b"ver\n\rA0000.01\n\r>"
    assert typed(module, b"id get\r") == b"id get\n\rEMU00001\n\r>"
    assert typed(module, b"id set BENCH-01\r") == b"id set BENCH-01\n\r>"
    assert typed(module, b"id get\r") == b"id get\n\rBENCH-01\n\r>"
    assert typed(module, b"relay on A\r") == b"relay on A\n\r>"
    assert typed(module, b"relay readall\r") == b"relay readall\n\r0400\n\r>"
    assert typed(module, b"relay read A\r") == b"relay read A\n\ron\n\r>"
    assert typed(module, b"relay writeall 8001\r") == b"relay writeall 8001\n\r>"
    assert typed(module, b"relay readall\r") == b"relay readall\n\r8001\n\r>"
    assert typed(module, b"relay on 12\r") == b"relay on 12\n\r>"
    assert module.state.driven == 0x8003, "one character names a relay: 12 is relay 1"
    assert typed(module, b"relay on c\r") == b"relay on c\n\r>"
    assert module.state.driven == 0x8003, "capitals only"
    assert typed(module, b"reset\r") == b"reset\n\r>"
    assert module.state.driven == 0
    assert typed(module, b"nonsense\r") == b"nonsense\n\r>"


def test_half_a_command_of_another_program_does_no_harm() -> None:
    it = make_board("numato-relay")
    it.driver.reset()
    it.port.write(b"relay on ")  # type: ignore[union-attr]
    it.world.run_until(it.world.now_ns + 10_000_000)
    driver = NumatoRelay(it.port, WorldClock(it.world), name="relay")  # type: ignore[arg-type]
    assert driver.closed_channels() == []


# In a bench file.


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("firmware")).bin


def open_bench(path: Path, image: Path) -> EmulatedBench:
    return EmulatedBench(load_bench_file(path), load_meter_file(METER), image=image.read_bytes(), symbols=None, seed=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_board_plays_the_relay_of_a_bench_file(name: str, image: Path, tmp_path: Path) -> None:
    bench = open_bench(bench_file_with(name, tmp_path / "bench.toml"), image)
    with open_instrument(bench, "relay", None) as relay:
        relay.reset()
        relay.close(bench.file.instrument("relay").channels["case_switch"])
        assert bench.board.case_switch.state.plunger_open
        relay.open_all()
    bench.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_run_gives_the_same_verdict_as_with_the_visa_unit(
    name: str, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = here_in(tmp_path, monkeypatch, capsys)
    plan = write_short_plan(tmp_path / "plan.toml", ("seal-1-opening-and-closing",), '["SEAL-1"]')
    verdicts = []
    for place, bench in enumerate((BENCH, bench_file_with(name, tmp_path / "bench.toml"))):
        options = ("--plan", plan, "--bench", bench, "--image", image, "--out", f"run{place}")
        outcome = here("certify", *options)
        assert outcome.status == 0, outcome.text
        record = load_run(tmp_path / f"run{place}")
        verdicts.append(record.summary and record.summary["verdict"])
    assert verdicts == ["pass", "pass"]
    traffic = b"".join(path.read_bytes() for path in (tmp_path / "run1").rglob("*.jsonl"))
    expected = {"mcp23017": b"write register", "pcf8574": b"send byte", "numato-relay": b"relay on 2"}
    assert expected[name] in traffic, "what was switched is in the record"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("mcp23017", '"smbus:1:0x20"', '"TCPIP0::relay::inst0::INSTR"', "expected smbus:BUS:ADDRESS, as smbus:1:0x20"),
        ("numato-relay", '"serial:/dev/ttyACM0"', '"smbus:1:0x20"', "expected serial:PORT"),
        ("pcf8574", '"smbus:1:0x38"', '"smbus:1:0x99"', "7-bit address from 0x08 to 0x77"),
        ("pcf8574", '"smbus:1:0x38"', '"smbus:1"', "expected smbus:BUS:ADDRESS"),
        ("numato-relay", '"serial:/dev/ttyACM0"', '"serial:"', "expected serial:PORT"),
    ],
)
def test_a_resource_that_does_not_fit_its_driver(
    image: Path, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    path = changed(bench_file_with(name, tmp_path / "bench.toml"), tmp_path / "wrong.toml", (old, new))
    with pytest.raises(BenchFileError, match=message):
        open_bench(path, image)


def test_the_driver_s_side_refuses_a_wrong_resource_too(image: Path, tmp_path: Path) -> None:
    bench = open_bench(bench_file_with("mcp23017", tmp_path / "bench.toml"), image)
    entry = bench.file.instrument("relay")
    for resource, message in (
        ("TCPIP0::relay::inst0::INSTR", "works on smbus, but 'resource' is 'TCPIP0"),
        ("smbus:1:0x21", "nothing on the emulated bench acknowledges"),
    ):
        bench.file.instruments["relay"] = entry.model_copy(update={"resource": resource})
        with pytest.raises(TransportError, match=message), open_instrument(bench, "relay", None):
            pytest.fail("opened")
    with pytest.raises(LinkError, match="no such serial port"):
        bench.open_serial("serial:/dev/ttyUSB7", 1.0)
    bench.close()


def test_active_low_is_for_boards_without_a_logic_of_their_own(image: Path, tmp_path: Path) -> None:
    good = open_bench(bench_file_with("pcf8574", tmp_path / "good.toml", "active_low = true"), image)
    with open_instrument(good, "relay", None) as relay:
        assert relay.closed_channels() == []
    wrong = open_bench(bench_file_with("numato-relay", tmp_path / "wrong.toml", "active_low = true"), image)
    with pytest.raises(SettingError, match="'active_low'"), open_instrument(wrong, "relay", None):
        pytest.fail("opened")


def test_serving_says_that_a_board_is_not_served(image: Path, tmp_path: Path) -> None:
    bench = load_bench_file(bench_file_with("mcp23017", tmp_path / "bench.toml"))
    request = ServeRequest(bench, load_meter_file(METER), image=image, symbols=None, seed=1, duration_ns=1)
    with pytest.raises(Exception, match=r"'relay' is at 'smbus:1:0x20', and only instruments that take messages"):
        serve(request, lambda _line: None)


# Boards that misbehave: beyond the common campaign (test_faults.py).


def test_a_pin_held_by_a_short_is_an_error_not_a_relay_that_closed() -> None:
    it = make_board("mcp23017")
    it.driver.reset()
    honest: Callable[[int], int] = it.board.read_register  # type: ignore[attr-defined]
    it.board.read_register = lambda register: honest(register) & (0xF7 if register == 0x12 else 0xFF)  # type: ignore[attr-defined]
    with pytest.raises(BadAnswerError, match="check the board for a short"):
        it.driver.close(3)


def test_a_module_that_echoes_but_does_not_switch_is_an_error() -> None:
    it = make_board("numato-relay")
    it.driver.reset()
    it.board.drive = lambda mask: None  # type: ignore[method-assign]
    with pytest.raises(BadAnswerError, match="relay on"):
        it.driver.close(it.first)


@pytest.mark.parametrize("driver", [Pcf8574, Mcp23017])
def test_a_board_that_someone_else_works_is_an_error(driver: type) -> None:
    name = "pcf8574" if driver is Pcf8574 else "mcp23017"
    it = make_board(name)
    it.driver.reset()
    if name == "pcf8574":
        it.port.write_byte(0x0F)  # type: ignore[union-attr]
    else:
        it.port.write_register(0x00, 0xF0)  # type: ignore[union-attr]
    with pytest.raises(BadAnswerError):
        it.driver.closed_channels()
