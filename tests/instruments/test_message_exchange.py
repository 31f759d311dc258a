"""IEEE 488.2: error queue, status byte, interrupted and unterminated queries, waiting for operations."""

from __future__ import annotations

import pytest
import pyvisa
from pyvisa import constants
from pyvisa.resources import MessageBasedResource

from tests.instruments.small_bench import RELAY, SCOPE, SmallBench, arm_on_case, make_bench

NO_ERROR = '+0,"No error"'


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


@pytest.fixture
def scope(bench: SmallBench) -> MessageBasedResource:
    session = bench.open(SCOPE)
    session.write("*CLS")
    return session


def error(session: MessageBasedResource) -> str:
    return session.query("SYST:ERR?")


def test_errors_come_out_in_the_order_they_went_in(scope: MessageBasedResource) -> None:
    scope.write("BAD;CHAN1:SCAL 1")
    scope.write("CHAN1:SCAL 1000000")
    assert [error(scope) for _ in range(3)] == ['-113,"Undefined header"', '-222,"Data out of range"', NO_ERROR]


def test_a_full_queue_says_so_in_its_last_place(scope: MessageBasedResource) -> None:
    for _ in range(29):
        scope.write("BAD")
    scope.write("CHAN1:SCAL 1000000")
    scope.write("CHAN9:SCAL 1")
    scope.write("BAD")
    errors = [error(scope) for _ in range(31)]
    assert errors[:29] == ['-113,"Undefined header"'] * 29
    assert errors[29:] == ['-350,"Queue overflow"', NO_ERROR]


def test_an_execution_error_does_not_stop_the_message_but_a_command_error_does(scope: MessageBasedResource) -> None:
    assert scope.query("CHAN1:SCAL 1000000;OFFS 0.5;OFFS?") == "+5.00000E-01"
    scope.write("CHAN1:OFFS 0.25;NONSENSE;OFFS 0.75")
    assert float(scope.query("CHAN1:OFFS?")) == 0.25


@pytest.mark.parametrize(("message", "bit"), [("BAD", 32), ("CHAN1:SCAL 1E6", 16), ("*OPC", 1)])
def test_the_event_status_register_latches_by_class(scope: MessageBasedResource, message: str, bit: int) -> None:
    scope.write(message)
    assert scope.query("*ESR?") == f"+{bit}"
    assert scope.query("*ESR?") == "+0"


def test_power_on_is_told_once(bench: SmallBench) -> None:
    assert bench.open(RELAY).query("*ESR?") == "+128"


def test_status_byte_with_its_summaries(scope: MessageBasedResource) -> None:
    scope.write("*ESE 32;*SRE 32")
    assert scope.query("*ESE?;*SRE?") == "+32;+32"
    assert scope.query("*STB?") == "+0"
    scope.write("BAD")
    assert scope.query("*STB?") == "+96"  # ESB and MSS
    assert scope.read_stb() == 96  # ESB and RQS
    assert scope.read_stb() == 32  # RQS is taken by the poll, ESB stays
    assert scope.query("*ESR?") == "+32"
    assert scope.read_stb() == 0
    scope.write("*SRE 255")
    assert scope.query("*SRE?") == "+191"  # bit 6 has no meaning


def test_message_available_while_an_answer_waits(scope: MessageBasedResource) -> None:
    scope.write("*OPC?")
    assert scope.read_stb() == 16
    assert scope.read() == "1"
    assert scope.read_stb() == 0


def test_a_new_query_interrupts_the_unread_one(scope: MessageBasedResource) -> None:
    scope.write("CHAN1:SCAL?")
    assert scope.query("*OPC?") == "1"  # not the scale: that answer is lost
    assert error(scope) == '-410,"Query INTERRUPTED"'
    scope.write("*ESR?;CHAN1:SCAL?")
    with scope.ignore_warning(constants.StatusCode.success_max_count_read):
        scope.visalib.read(scope.session, 3)
    assert scope.query("*OPC?") == "1"
    assert error(scope) == '-410,"Query INTERRUPTED"'


def test_answers_of_one_message_come_as_one(scope: MessageBasedResource) -> None:
    assert scope.query("*OPC?;CHAN1:DISP?;:CHAN2:DISP?;:TRIG:SWE?") == "1;1;0;AUTO"


def test_nothing_may_follow_an_identification(scope: MessageBasedResource) -> None:
    assert scope.query("*OPC?;*IDN?;*OPC?").startswith("1;KEYSIGHT")
    assert error(scope) == '-440,"Query UNTERMINATED after indefinite response"'
    assert scope.query("*OPC?") == "1"


def test_device_clear_drops_what_is_unread_and_half_written(scope: MessageBasedResource) -> None:
    scope.write("CHAN1:SCAL?")
    scope.clear()
    scope.send_end = False
    scope.write_raw(b"CHAN1:SC")
    scope.clear()
    scope.send_end = True
    assert scope.query("*OPC?") == "1"
    assert error(scope) == NO_ERROR


def test_an_endless_message_is_an_overrun_not_a_memory_leak(scope: MessageBasedResource) -> None:
    scope.send_end = False
    for _ in range(3):
        scope.write_raw(b"A" * 40_000)
    scope.send_end = True
    scope.write("")
    assert error(scope) == '-363,"Input buffer overrun"'
    scope.write("*CLS")
    scope.write("A" * 70_000)
    assert error(scope) == '-363,"Input buffer overrun"'


def test_digitize_holds_everything_behind_it_until_the_trigger(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":DIGitize CHANnel1,CHANnel2")
    scope.write("*OPC?")
    sent_ns = bench.world.now_ns
    bench.world.schedule(sent_ns + 40_000_000, "case_switch", "plunger", True)
    assert scope.read() == "1"
    # 1.5 ms of the window lie behind the trigger.
    assert 41_500_000 <= bench.world.now_ns - sent_ns <= 42_500_000
    assert scope.query(":OPER:COND?") == "+0"


def test_digitize_without_a_trigger_times_out_and_a_device_clear_ends_it(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.timeout = 300
    scope.write(":DIG")
    with pytest.raises(pyvisa.VisaIOError):
        scope.query("*OPC?")
    scope.clear()
    assert scope.query("*OPC?") == "1"
    assert scope.query(":OPER:COND?") == "+0"


def test_operation_complete_is_latched_when_the_operation_ends(bench: SmallBench) -> None:
    relay = bench.open(RELAY)
    relay.write("*CLS")
    relay.write("ROUT:CLOS (@101:103);*OPC;*ESE 1;*SRE 32")
    assert relay.read_stb() == 0
    before_ns = bench.world.now_ns
    assert relay.query("ROUT:CLOS? (@103)") == "1"
    assert bench.world.now_ns - before_ns >= 20_000_000  # three relays one after the other
    assert relay.query("*ESR?") == "+1"


def test_messages_sent_while_the_instrument_is_busy_are_worked_in_order(bench: SmallBench) -> None:
    relay = bench.open(RELAY)
    relay.write("ROUT:CLOS (@101)")
    relay.write("ROUT:OPEN (@101)")
    relay.write("ROUT:CLOS (@102)")
    assert relay.query("ROUT:CLOS? (@101,102)") == "0,1"
    assert [state for _, state in bench.switch.state] == [True, False]
    assert error(relay) == NO_ERROR


def test_reset_keeps_status_and_queue(scope: MessageBasedResource) -> None:
    scope.write("*ESE 32")
    scope.write("BAD")
    scope.write("*RST")
    assert scope.query("*ESE?") == "+32"
    assert error(scope) == '-113,"Undefined header"'
    scope.write("BAD")
    scope.write("*CLS")
    assert error(scope) == NO_ERROR


def test_a_trigger_where_there_is_none(bench: SmallBench) -> None:
    relay = bench.open(RELAY)
    relay.assert_trigger()
    assert error(relay) == '-211,"Trigger ignored"'
