"""``*OPC``, ``*OPC?`` and ``*WAI`` on an instrument whose commands overlap (IEEE 488.2 chapter 12): a small oven."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument, instrument_tree
from harness.emulation.instruments.scpi_tree import Command
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.world import World

HEATING_NS = 50_000_000


@dataclass
class OvenState:
    exchange: ExchangeState = field(default_factory=ExchangeState)
    heating: bool = False


class Oven(ScpiInstrument):
    state: OvenState

    def __init__(self, world: World) -> None:
        self.state = OvenState()
        commands = (
            Command("HEAT", do=Oven.heat, ask=lambda oven: str(int(oven.state.heating))),
            Command("CELSius", ask=lambda _: "20"),
        )
        super().__init__(world, "oven", Identity("maker", "oven", "1", "1"), instrument_tree(commands))

    def heat(self) -> None:
        self.state.heating = True
        self.world.schedule(self.world.now_ns + HEATING_NS, self.name, "hot")

    def on_event(self, kind: str, argument: object) -> None:
        assert kind == "hot"
        self.state.heating = False
        self.operation_ended()

    def operation_pending(self) -> bool:
        return self.state.heating

    def reset(self) -> None:
        self.state.heating = False


@pytest.fixture
def world() -> World:
    return World(1)


@pytest.fixture
def oven(world: World) -> MessageBasedResource:
    library = EmulatedVisaLibrary.for_bench("oven", world, {"TCPIP0::oven::inst0::INSTR": Oven(world)})
    resource = pyvisa.ResourceManager(library).open_resource(
        "TCPIP0::oven::inst0::INSTR", read_termination="\n", write_termination="\n"
    )
    assert isinstance(resource, MessageBasedResource)
    resource.write("*CLS")
    return resource


def test_other_commands_go_on_while_it_heats(world: World, oven: MessageBasedResource) -> None:
    oven.write("HEAT")
    assert oven.query("CELS?;HEAT?") == "20;1"
    assert world.now_ns < HEATING_NS


def test_operation_complete_query_answers_at_the_end(world: World, oven: MessageBasedResource) -> None:
    began_ns = world.now_ns
    assert oven.query("HEAT;*OPC?;HEAT?") == "1;0"
    assert HEATING_NS < world.now_ns - began_ns < HEATING_NS + 2_000_000


def test_operation_complete_command_sets_its_bit_at_the_end_and_not_before(
    world: World, oven: MessageBasedResource
) -> None:
    oven.write("HEAT;*OPC;*ESE 1;*SRE 32")
    assert oven.query("*ESR?") == "+0"
    assert oven.read_stb() == 0
    world.run_until(world.now_ns + HEATING_NS)
    assert oven.read_stb() == 0x60
    assert oven.query("*ESR?") == "+1"


def test_wait_holds_what_follows_it(world: World, oven: MessageBasedResource) -> None:
    oven.write("HEAT")
    oven.write("CELS?;*WAI;HEAT?")
    oven.write("CELS?")
    began_ns = world.now_ns
    # The second message came while the first was held, so its answer interrupts the first's.
    assert oven.read() == "20"
    assert world.now_ns - began_ns > HEATING_NS - 2_000_000
    assert oven.query("SYST:ERR?") == '-410,"Query INTERRUPTED"'


def test_clear_status_forgets_a_wanted_completion(world: World, oven: MessageBasedResource) -> None:
    oven.write("HEAT;*OPC")
    oven.write("*CLS")
    world.run_until(world.now_ns + HEATING_NS)
    assert oven.query("*ESR?") == "+0"


def test_a_held_message_goes_on_in_a_restored_world(world: World, oven: MessageBasedResource) -> None:
    oven.write("HEAT;*WAI;HEAT?")
    snapshot = world.snapshot()
    answers = []
    for _ in range(2):
        world.restore(snapshot)
        answers.append((oven.read(), world.now_ns))
    assert answers[0] == answers[1]
    assert answers[0][0] == "0"


def test_device_clear_drops_a_held_message(world: World, oven: MessageBasedResource) -> None:
    oven.write("CELS?;HEAT;*WAI;HEAT?")
    oven.clear()
    world.run_until(world.now_ns + HEATING_NS)
    assert oven.query("*OPC?") == "1"
    assert oven.query("SYST:ERR?") == '+0,"No error"'
