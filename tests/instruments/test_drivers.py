"""The drivers, against the emulated instruments and against instruments that misbehave."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import pyvisa
from pyvisa import constants
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.families import MAKERS
from harness.emulation.instruments.relay_unit import make_relay_unit
from harness.emulation.instruments.scpi import Identity as EmulatedIdentity
from harness.emulation.instruments.scpi import ScpiInstrument
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.world import World
from harness.instruments.errors import (
    BadAnswerError,
    CommandError,
    IdentityError,
    InstrumentError,
    InstrumentTimeoutError,
    SettingError,
    TransportError,
    UnknownDriverError,
)
from harness.instruments.infiniivision import InfiniiVision
from harness.instruments.keysight_34970 import Keysight34970A
from harness.instruments.oscilloscope import Oscilloscope
from harness.instruments.registry import DRIVERS, find_driver
from harness.instruments.relay import RelayUnit
from harness.instruments.visa import Instrument
from harness.measure.waveform import LogicLevels, find_edges
from tests.instruments.small_bench import RELAY, SCOPE, SCOPE_SOCKET, SmallBench, WorldClock, make_bench

LEVELS = LogicLevels(1.0, 2.3)


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


@pytest.fixture
def traffic() -> list[tuple[str, str, int]]:
    return []


@pytest.fixture
def scope(bench: SmallBench, traffic: list[tuple[str, str, int]]) -> Oscilloscope:
    driver: Oscilloscope = InfiniiVision(
        bench.open(SCOPE), bench.clock, name="scope", traffic=lambda *entry: traffic.append(entry)
    )
    driver.reset()
    return driver


@pytest.fixture
def relay(bench: SmallBench) -> RelayUnit:
    driver: RelayUnit = Keysight34970A(bench.open(RELAY), bench.clock, name="relay")
    driver.reset()
    return driver


def test_a_case_opening_seen_on_two_inputs(bench: SmallBench, scope: Oscilloscope, relay: RelayUnit) -> None:
    for channel in (1, 2):
        scope.configure_channel(channel, full_scale_V=6.6, offset_V=1.65, label=("CASE_SW", "MODEM_TX")[channel - 1])
    scope.arm_single(1, 1.65, "rising", window_before_ns=10_000_000, window_after_ns=90_000_000, points=500_000)
    assert not scope.triggered()
    relay.close(101)
    (edge_ns, _), *_ = bench.switch.state
    bench.send_characters(b"U")
    sent_ns = bench.world.now_ns
    assert scope.wait_acquired(200_000_000)
    assert scope.triggered()
    assert scope.triggered()  # the register is cleared by reading; the driver remembers
    case, line = scope.read_waveform(1), scope.read_waveform(2)
    assert (case.channel_label, line.channel_label) == ("CASE_SW", "MODEM_TX")
    assert -10_000_000 <= case.x_origin_ns < -10_000_000 + case.x_increment_ns  # where the sampling clock stood
    assert len(case) * case.x_increment_ns == pytest.approx(100_000_000)
    (opened_ns,) = find_edges(case, LEVELS).times_ns
    assert opened_ns == pytest.approx(0, abs=case.x_increment_ns)
    # The last rise on the line is into the stop bit of 0x55, one bit before its end.
    last_ns = find_edges(line, LEVELS).times_ns[-1]
    assert last_ns == pytest.approx(sent_ns - edge_ns - 1e9 / 115_200, abs=2 * line.x_increment_ns)


def test_the_same_driver_over_a_raw_socket(bench: SmallBench) -> None:
    scope: Oscilloscope = InfiniiVision(bench.open(SCOPE_SOCKET), bench.clock)
    scope.reset()
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=100_000)
    bench.case.drive(True)
    assert scope.wait_acquired(10_000_000)
    samples = scope.read_waveform(1).samples
    over_instr: Oscilloscope = InfiniiVision(bench.open(SCOPE), bench.clock)
    assert np.array_equal(over_instr.read_waveform(1).samples, samples)


def test_no_trigger_is_an_answer_not_an_error(bench: SmallBench, scope: Oscilloscope) -> None:
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)
    before_ns = bench.world.now_ns
    assert not scope.wait_acquired(50_000_000)
    assert 50_000_000 <= bench.world.now_ns - before_ns <= 52_000_000
    assert not scope.triggered()
    scope.stop()


def test_arming_twice_forgets_the_first_trigger(bench: SmallBench, scope: Oscilloscope) -> None:
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    for _ in range(2):
        scope.arm_single(1, 1.65, "falling", window_before_ns=1000, window_after_ns=1_000_000, points=1000)
        assert not scope.triggered()
        bench.case.drive(True)
        bench.wait(2_000_000)
        assert not scope.triggered()
        bench.case.drive(False)
        assert scope.wait_acquired(10_000_000)
        assert scope.triggered()


def test_a_trigger_nobody_asked_about_is_not_the_next_acquisitions(bench: SmallBench, scope: Oscilloscope) -> None:
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)
    bench.case.drive(True)
    assert scope.wait_acquired(10_000_000)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)
    assert not scope.triggered()


def test_every_exchange_is_reported_with_its_time(
    bench: SmallBench, scope: Oscilloscope, traffic: list[tuple[str, str, int]]
) -> None:
    assert [entry[:2] for entry in traffic[:6]] == [
        (">", "device clear"),
        (">", "*CLS"),
        (">", "SYSTem:ERRor?"),
        ("<", '+0,"No error"'),
        (">", "*IDN?"),
        ("<", "KEYSIGHT TECHNOLOGIES,MSO-X 3014T,EMU58490001,07.50.2021102830"),
    ]
    times = [entry[2] for entry in traffic]
    assert times == sorted(times)
    assert times[-1] == bench.world.now_ns
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)
    bench.case.drive(True)
    assert scope.wait_acquired(10_000_000)
    samples = scope.read_waveform(1).samples
    block = next(text for direction, text, _ in reversed(traffic) if text.startswith("block"))
    assert block == f"block of 1000 bytes, SHA-256 {hashlib.sha256(samples.tobytes()).hexdigest()}"


def test_an_error_in_the_queue_names_the_command_and_what_the_instrument_said(scope: Oscilloscope) -> None:
    with pytest.raises(CommandError) as caught:
        scope.configure_channel(1, full_scale_V=5000.0, offset_V=0.0)
    assert caught.value.errors == ['-222,"Data out of range"']
    assert ":CHANnel1:RANGe 5.0" in str(caught.value)
    assert caught.value.instrument == "scope"
    with pytest.raises(CommandError):
        scope.read_waveform(1)  # nothing acquired
    with pytest.raises(SettingError):
        scope.arm_single(1, 1.0, "rising", window_before_ns=-1, window_after_ns=1, points=1000)


def test_relays_by_channel(bench: SmallBench, relay: RelayUnit) -> None:
    relay.close(101)
    relay.close(107)
    assert relay.closed(101)
    assert relay.closed_channels() == [101, 107]
    relay.open(101)
    assert not relay.closed(101)
    relay.close(203)
    assert relay.closed_channels() == [107, 203]
    found_by_another = Keysight34970A(bench.open(RELAY), bench.clock, name="relay").closed_channels()
    assert found_by_another == [107, 203]
    relay.open_all()
    assert relay.closed_channels() == []
    assert [state for _, state in bench.switch.state] == [True, False]
    with pytest.raises(CommandError, match="channel number out of range"):
        relay.close(130)


def test_a_relay_has_settled_when_the_call_returns(bench: SmallBench, relay: RelayUnit) -> None:
    before_ns = bench.world.now_ns
    relay.close(101)
    assert bench.switch.state
    assert 8_300_000 <= bench.world.now_ns - before_ns <= 15_000_000


def test_identity_and_specification(scope: Oscilloscope, relay: RelayUnit) -> None:
    assert scope.identity().serial == "EMU58490001"
    assert relay.identity().model == "DAQ970A"
    assert scope.specification.timebase_ppm == 1.6
    assert relay.specification.switch_voltage_max_V == 300


def test_another_instrument_or_another_unit_is_refused(bench: SmallBench) -> None:
    with pytest.raises(IdentityError, match="MSO-X 3014T"):
        Keysight34970A(bench.open(SCOPE), bench.clock)
    with pytest.raises(IdentityError, match="DAQ970A"):
        InfiniiVision(bench.open(RELAY), bench.clock)
    with pytest.raises(IdentityError, match="EMU58490001"):
        InfiniiVision(bench.open(SCOPE), bench.clock, serial="MY00000000")
    assert InfiniiVision(bench.open(SCOPE), bench.clock, serial="EMU58490001")


@pytest.mark.parametrize(
    ("maker", "model"), [("HEWLETT-PACKARD", "34970A"), ("Agilent Technologies", "34972A"), ("Keysight", "DAQ970A")]
)
def test_every_generation_of_a_family_is_known(maker: str, model: str) -> None:
    world = World(1)
    unit = make_relay_unit(world, "relay", {}, EmulatedIdentity(maker, model, "0", "1"))
    library = EmulatedVisaLibrary.for_bench("x", world, {RELAY: unit})
    resource = pyvisa.ResourceManager(library).open_resource(RELAY)
    assert isinstance(resource, MessageBasedResource)
    assert Keysight34970A(resource, WorldClock(world)).identity().maker == maker


def test_drivers_by_name_with_a_hint_for_the_near_miss() -> None:
    assert find_driver("keysight-34970a", "relay") is Keysight34970A
    with pytest.raises(UnknownDriverError, match="did you mean 'keysight-infiniivision'"):
        find_driver("keysight-infinivision", "scope")
    with pytest.raises(UnknownDriverError, match=r"There are: .*keysight-34970a, .*keysight-infiniivision"):
        find_driver("x", "scope")
    assert set(DRIVERS) == set(MAKERS), "every driver has an emulated instrument to be tried on"


# Instruments that misbehave.


def answering(bench: SmallBench, monkeypatch: pytest.MonkeyPatch, answers: dict[bytes, bytes]) -> Instrument:
    """A session to the scope, which answers some messages as no scope should."""
    honest: Callable[..., None] = ScpiInstrument.write

    def write(self: ScpiInstrument, data: bytes, *, end: bool) -> None:
        honest(self, data, end=end)
        if data.strip() in answers:
            self.state.exchange.output, self.state.exchange.output_at = answers[data.strip()], 0

    session = Instrument(bench.open(SCOPE), bench.clock, name="scope", timeout_ms=200)
    monkeypatch.setattr(ScpiInstrument, "write", write)
    return session


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("*OPC?", b"\xff\xfe\n"),
        ("*OPC?", b"one\n"),
        ("*OPC?", b"\n"),
        ("SYSTem:ERRor?", b"all is well\n"),
        ("*IDN?", b"KEYSIGHT TECHNOLOGIES,MSO-X 3014T\n"),
        ("*OPC?", b"#0\n"),
    ],
)
def test_garbage_is_a_typed_error(
    bench: SmallBench, monkeypatch: pytest.MonkeyPatch, query: str, answer: bytes
) -> None:
    session = answering(bench, monkeypatch, {query.encode(): answer})
    asks: dict[str, Callable[[], object]] = {
        "*IDN?": lambda: session.identify(makers=("KEYSIGHT",), models=("MSOX3",)),
        "SYSTem:ERRor?": lambda: session.check_errors("x"),
        "*OPC?": lambda: session.query_int(query),
    }
    with pytest.raises(BadAnswerError) as caught:
        asks[query]()
    assert "scope" in str(caught.value)


@pytest.mark.parametrize("answer", [b"12345\n", b"#9abcdefghi\n", b"+1.0E+00\n"])
def test_a_block_that_is_none(bench: SmallBench, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    session = answering(bench, monkeypatch, {b":WAVeform:DATA?": answer})
    with pytest.raises(InstrumentError):
        session.query_block(":WAVeform:DATA?")


def test_a_block_shorter_than_it_says_is_an_error(bench: SmallBench, monkeypatch: pytest.MonkeyPatch) -> None:
    session = answering(bench, monkeypatch, {b":WAVeform:DATA?": b"#800000100" + bytes(50) + b"\n"})
    with pytest.raises(CommandError, match="UNTERMINATED"):
        session.query_block(":WAVeform:DATA?")


def test_an_error_queue_without_end(bench: SmallBench, monkeypatch: pytest.MonkeyPatch) -> None:
    session = answering(bench, monkeypatch, {b"SYSTem:ERRor?": b'-350,"Queue overflow"\n'})
    with pytest.raises(BadAnswerError, match="an empty queue after 50 reads"):
        session.command("*CLS")


def test_silence_is_a_time_out_that_names_the_query(bench: SmallBench, monkeypatch: pytest.MonkeyPatch) -> None:
    session = answering(bench, monkeypatch, {b":TER?": b"", b"SYSTem:ERRor?": b""})
    before_ns = bench.world.now_ns
    with pytest.raises(InstrumentTimeoutError) as caught:
        session.query(":TER?")
    assert caught.value.command == ":TER?"
    assert caught.value.timeout_ms == 200
    assert bench.world.now_ns - before_ns == pytest.approx(400_000_000, rel=0.01)


def test_after_a_time_out_the_error_queue_says_why(bench: SmallBench) -> None:
    session = Instrument(bench.open(SCOPE), bench.clock, name="scope", timeout_ms=200)
    with pytest.raises(CommandError, match="Undefined header"):
        session.query("CHANnel1:NONSENSE?")
    session.check_errors("nothing")


def test_a_locked_resource_is_a_transport_error(bench: SmallBench) -> None:
    other = bench.open(SCOPE)
    session = Instrument(bench.open(SCOPE), bench.clock, name="scope")
    other.lock_excl()
    with pytest.raises(TransportError, match="could not be transferred"):
        session.query("*OPC?")
    with pytest.raises(TransportError):
        session.clear()


def test_a_preamble_that_can_not_be_right(
    bench: SmallBench, scope: Oscilloscope, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)
    bench.case.drive(True)
    assert scope.wait_acquired(10_000_000)
    good = bench.open(SCOPE).query(":WAVeform:PREamble?").encode()
    for bad in (b"nonsense", good.replace(b"+0,", b"+4,", 1), good + b",1", good.replace(b"+1000,", b"+999,")):
        with monkeypatch.context() as patch:
            answering(bench, patch, {b":WAVeform:PREamble?": bad + b"\n"})
            with pytest.raises(BadAnswerError):
                scope.read_waveform(1)
    assert isinstance(scope.read_waveform(1).samples, np.ndarray)


def test_a_scope_that_never_arms_is_a_time_out(
    bench: SmallBench, scope: Oscilloscope, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(bench, monkeypatch, {b":OPERegister:CONDition?": b"+8\n"})
    with pytest.raises(InstrumentTimeoutError, match="SINGle"):
        scope.arm_single(1, 1.65, "rising", window_before_ns=0, window_after_ns=1_000_000, points=1000)


def test_the_drivers_know_nothing_of_the_emulation() -> None:
    """Two emulated units of one family differ in errors and serial, and nothing in a driver may depend on more."""
    bench = make_bench()
    bench.scope.identity = replace(bench.scope.identity, serial="MY99999999", model="DSO-X 3034T")
    assert InfiniiVision(bench.open(SCOPE), bench.clock).identity().serial == "MY99999999"
    assert constants.StatusCode.success == bench.open(SCOPE).last_status
