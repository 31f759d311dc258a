"""Plain PyVISA calls as a user's own script makes them: nothing of the project but the library object."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import pyvisa
from pyvisa import constants

from harness.emulation.errors import WorldError
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from tests.instruments.small_bench import RELAY, SCOPE, SCOPE_SOCKET, SmallBench, arm_on_case, make_bench


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


def test_a_waveform_from_listing_to_volts(bench: SmallBench) -> None:
    assert bench.resources.list_resources() == (RELAY, SCOPE)
    assert bench.resources.list_resources("?*SOCKET") == (SCOPE_SOCKET,)
    scope = arm_on_case(bench)
    edge_ns = bench.world.now_ns
    bench.case.drive(True)
    while int(scope.query(":OPER:COND?")) & 8:
        bench.wait(100_000)
    scope.write(":WAV:SOUR CHAN1")
    fields = [float(field) for field in scope.query(":WAVeform:PREamble?").split(",")]
    _, _, points, _, x_increment, x_origin, _, y_increment, y_origin, y_reference = fields
    codes = scope.query_binary_values(":WAVeform:DATA?", datatype="B", container=np.ndarray)
    assert len(codes) == points == 2_000_000
    assert x_increment == pytest.approx(1e-9)
    volts = (codes.astype(float) - y_reference) * y_increment + y_origin
    assert volts[:400_000].mean() == pytest.approx(0.0, abs=0.2)
    assert volts[-400_000:].mean() == pytest.approx(3.3, abs=0.2)
    first_high = int(np.argmax(codes > 128))
    assert x_origin + first_high * x_increment == pytest.approx(0.0, abs=10e-9)
    assert bench.scope.state.record is not None
    assert 0 <= bench.scope.state.record.trigger_ps - edge_ns * 1000 <= 30_000
    assert scope.query(":TER?") == "+1"
    assert scope.query(":TER?") == "+0"


def test_bytes_as_container_and_small_chunks_give_the_same_codes(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    scope.write(":WAV:POIN 5000")
    whole = scope.query_binary_values(":WAV:DATA?", datatype="B", container=bytes)
    scope.chunk_size = 7
    assert scope.query_binary_values(":WAV:DATA?", datatype="B", container=bytes) == whole
    # A block holds every value, also that of the termination character in its middle.
    scope.write(":CHAN1:OFFS 1.65;:WAV:DATA?")
    raw = scope.read_raw()
    assert raw.startswith(b"#8%08d" % len(whole))
    assert raw[10:] == whole + b"\n"


def test_the_relay_works_the_switch(bench: SmallBench) -> None:
    relay = bench.open(RELAY)
    relay.write("ROUT:CLOS (@101)")
    sent_ns = bench.world.now_ns
    assert relay.query("ROUT:CLOS? (@101,102)") == "1,0"
    relay.write("*RST")
    relay.query("*OPC?")
    (closed_ns, closed), (_, opened) = bench.switch.state
    assert (closed, opened) == (True, False)
    assert 3_000_000 <= closed_ns - sent_ns <= 6_000_000
    assert relay.query("ROUT:OPEN? (@101)") == "1"


def test_time_out_passes_in_virtual_time(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.timeout = 2500
    before_ns = bench.world.now_ns
    with pytest.raises(pyvisa.VisaIOError) as caught:
        scope.read()
    assert caught.value.error_code == constants.StatusCode.error_timeout
    assert bench.world.now_ns - before_ns == 2_500_000_000
    assert scope.last_status == constants.StatusCode.error_timeout
    assert scope.query(":SYST:ERR?") == '-420,"Query UNTERMINATED"'


def test_an_answer_too_late_for_its_time_out_is_still_there_for_the_next_read(bench: SmallBench) -> None:
    relay = bench.open(RELAY)
    relay.write("ROUT:CLOS (@101:110)")
    relay.timeout = 20
    with pytest.raises(pyvisa.VisaIOError):
        relay.query("*OPC?")
    relay.timeout = 200
    assert relay.read() == "1"


def test_a_time_out_shorter_than_any_answer(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.timeout = 0
    with pytest.raises(pyvisa.VisaIOError):
        scope.query("*OPC?")
    scope.timeout = 10
    assert scope.read() == "1"


def test_an_infinite_time_out_ends_all_the_same(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.timeout = None
    with pytest.raises(pyvisa.VisaIOError):
        scope.read()


def test_two_benches_in_one_process_share_nothing() -> None:
    one, other = make_bench(1, "same label"), make_bench(1, "same label")
    assert one.resources.visalib is not other.resources.visalib
    first, second = one.open(SCOPE), other.open(SCOPE)
    first.write(":CHAN1:SCAL 2;:NONSENSE")
    assert float(first.query(":CHAN1:SCAL?")) == 2.0
    assert float(second.query(":CHAN1:SCAL?")) == 5.0
    assert second.query(":SYST:ERR?") == '+0,"No error"'
    assert first.query(":SYST:ERR?") == '-113,"Undefined header"'
    assert first.session == second.session  # handles are counted per bench, so a record is reproducible


def test_a_closed_bench_leaves_nothing_behind_for_the_next_of_that_label() -> None:
    bench = make_bench(1, "again")
    library = bench.resources.visalib
    bench.open(SCOPE).write(":CHAN1:SCAL 2")
    bench.resources.close()
    del bench
    gc.collect()
    again = make_bench(1, "again")
    assert again.resources.visalib is not library
    assert float(again.open(SCOPE).query(":CHAN1:SCAL?")) == 5.0


def test_sessions_close_and_closed_ones_are_refused(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    handle = scope.session
    scope.close()
    with pytest.raises(pyvisa.InvalidSession):
        scope.query("*IDN?")
    with pytest.raises(pyvisa.VisaIOError) as caught:
        bench.resources.visalib.read(handle, 10)
    assert caught.value.error_code == constants.StatusCode.error_invalid_object


def test_unknown_and_impossible_resource_names(bench: SmallBench) -> None:
    with pytest.raises(pyvisa.VisaIOError) as caught:
        bench.resources.open_resource("TCPIP0::elsewhere::inst0::INSTR")
    assert caught.value.error_code == constants.StatusCode.error_resource_not_found
    with pytest.raises(WorldError, match="no VISA resource name"):
        EmulatedVisaLibrary.for_bench("x", bench.world, {"nowhere": bench.scope})
    with pytest.raises(WorldError, match="two instruments"):
        EmulatedVisaLibrary.for_bench("x", bench.world, {SCOPE: bench.scope, "TCPIP::scope::INSTR": bench.relay})


def test_a_raw_socket_needs_termination_characters(bench: SmallBench) -> None:
    socket = bench.open(SCOPE_SOCKET)
    assert socket.query("*IDN?").startswith("KEYSIGHT TECHNOLOGIES,MSO-X 3014T,")
    socket.read_termination = None
    socket.timeout = 100
    with pytest.raises(pyvisa.VisaIOError):
        socket.query("*IDN?")
    socket.read_termination = "\n"
    socket.write("*IDN?")
    socket.clear()
    assert socket.query("*OPC?") == "1"
    with pytest.raises(pyvisa.VisaIOError) as caught:
        socket.read_stb()
    assert caught.value.error_code == constants.StatusCode.error_nonsupported_operation


def test_a_message_in_pieces(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.send_end = False
    scope.write_raw(b":CHAN1:SC")
    scope.send_end = True
    scope.write_raw(b"AL?")
    assert float(scope.read()) == 5.0


def test_an_exclusive_lock_keeps_the_other_session_out(bench: SmallBench) -> None:
    one, other = bench.open(SCOPE), bench.open(SCOPE)
    with one.lock_context():
        with pytest.raises(pyvisa.VisaIOError) as caught:
            other.write("*RST")
        assert caught.value.error_code == constants.StatusCode.error_resource_locked
        before_ns = bench.world.now_ns
        with pytest.raises(pyvisa.VisaIOError):
            other.lock_excl(timeout=50)
        assert bench.world.now_ns - before_ns == 50_000_000
        assert one.query("*OPC?") == "1"
    assert other.query("*OPC?") == "1"
    key = one.lock()
    other.lock(requested_key=key)
    assert other.query("*OPC?") == "1"
    third = bench.open(SCOPE)
    other.unlock()
    with pytest.raises(pyvisa.VisaIOError):
        third.write("*RST")
    one.close()  # its lock goes with it
    third.write("*RST")
    with pytest.raises(pyvisa.VisaIOError):
        other.unlock()


def test_a_service_request_wakes_who_waits_for_it(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write("*SRE 1")  # TRG
    scope.enable_event(constants.EventType.service_request, constants.EventMechanism.queue)
    nothing = scope.wait_on_event(constants.EventType.service_request, 10, capture_timeout=True)
    assert nothing.timed_out
    bench.world.schedule(bench.world.now_ns + 3_000_000, "case_switch", "plunger", True)
    expected_ns = bench.world.now_ns + 3_000_000
    response = scope.wait_on_event(constants.EventType.service_request, 1000)
    assert not response.timed_out
    assert 0 <= bench.world.now_ns - expected_ns <= 30
    assert scope.read_stb() == 0x41
    assert scope.read_stb() == 0x01  # the poll took RQS


def test_attributes_are_as_vpp_4_3_says(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    assert scope.resource_class == "INSTR"
    assert scope.resource_name == SCOPE
    assert scope.interface_type == constants.InterfaceType.tcpip
    assert scope.timeout == 2000
    with pytest.raises(pyvisa.VisaIOError) as caught:
        scope.set_visa_attribute(constants.ResourceAttribute.resource_name, "x")
    assert caught.value.error_code == constants.StatusCode.error_attribute_read_only
    with pytest.raises(pyvisa.VisaIOError) as caught:
        scope.get_visa_attribute(constants.ResourceAttribute.asrl_baud_rate)
    assert caught.value.error_code == constants.StatusCode.error_nonsupported_attribute
