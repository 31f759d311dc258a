"""A switch unit with two 20-channel actuator cards that work things in the world: the Keysight 34970A/DAQ970A dialect.

A channel's normally-open contact energises an actuator; which component of the world that is, and by which event, is
plain data. Relays take their time: operate and release times are drawn per relay from the seed. The contact's own
bounce is left out, since an actuator's mechanics is slower by far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument, instrument_tree
from harness.emulation.instruments.scpi_parameters import ChannelList, Number, format_nr1
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command, CommandTree
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Keysight Technologies", "DAQ970A", "EMU58012345", "A.02.04-00.16-11.29-00.02-02-01")
"""The form of the answer: DAQ970A programming guide, ``*IDN?``. The older 34970A answers 0 for its serial number."""
CARD_IDENTITIES = {
    100: Identity("Keysight Technologies", "DAQM903A", "EMU58112345", "01.00"),
    200: Identity("Keysight Technologies", "DAQM903A", "EMU58112346", "01.00"),
}

SLOTS = (100, 200)
CHANNELS = tuple(slot + number for slot in SLOTS for number in range(1, 21))
"""The cards are in the first two slots; the third is empty."""
ALL_SLOTS = -1

OPERATE_NS, RELEASE_NS = (3_000_000, 6_000_000), (2_000_000, 5_000_000)
"""Limits of a relay's times, for armature relays of this size (a card of the same maker states 4 ms for both)."""
SETTLING_NS = 8_300_000
"""From a channel's command to the next one's: the card switches 120 channels/s [recalled]."""

SLOT_ERROR = (111, "Channel list: slot number out of range")
CHANNEL_ERROR = (112, "Channel list: channel number out of range")
"""Positive numbers are the family's own (34970A user's guide, error messages) [recalled]."""


@dataclass(frozen=True)
class Actuator:
    """What a channel works: an event of ``kind`` with True (energised) or False for ``component``."""

    component: str
    kind: str


@dataclass
class RelayState:
    """The whole switch unit."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    closed: list[int] = field(default_factory=list)
    """Channels as commanded, in rising order; the family reads back commands, not contacts."""
    cycles: dict[int, int] = field(default_factory=dict)
    busy_until_ns: int = 0


class RelayUnit(ScpiInstrument):
    """The instrument. ``actuators``: channel → what it works; the other channels switch nothing."""

    state: RelayState
    error_queue_depth = 20
    latency_ns = 1_000_000
    """Answer to a short query; assumed for this family's slower processor."""

    def __init__(
        self, world: World, name: str, identity: Identity, tree: CommandTree, actuators: Mapping[int, Actuator]
    ) -> None:
        self.actuators = dict(actuators)
        self.operate_ns: dict[int, int] = {}
        self.release_ns: dict[int, int] = {}
        for slot in SLOTS:
            stream = world.stream(f"{name}/unit" if slot == SLOTS[0] else f"{name}/unit {slot}")
            channels = [channel for channel in CHANNELS if channel // 100 * 100 == slot]
            self.operate_ns |= {channel: stream.take_int(*OPERATE_NS) for channel in channels}
            self.release_ns |= {channel: stream.take_int(*RELEASE_NS) for channel in channels}
        self.state = RelayState()
        super().__init__(world, name, identity, tree)

    def reset(self) -> None:
        """``*RST`` opens every relay."""
        self.switch(tuple(self.state.closed), closed=False)

    def operation_pending(self) -> bool:
        """While relays move."""
        return self.world.now_ns < self.state.busy_until_ns

    def input_blocked(self) -> bool:
        """The family works one command after the other: the next waits until the relays have settled."""
        return self.operation_pending()

    def on_event(self, kind: str, argument: Any) -> None:
        """The relays have settled."""
        if kind == "settled":
            self.operation_ended()
        else:
            super().on_event(kind, argument)

    def switch(self, channels: tuple[int, ...], *, closed: bool) -> None:
        """Close or open channels one after the other, as the card does."""
        state = self.state
        at_ns = max(self.world.now_ns, state.busy_until_ns)
        for channel in channels:
            if (channel in state.closed) == closed:
                continue
            if closed:
                state.closed = sorted([*state.closed, channel])
                state.cycles[channel] = state.cycles.get(channel, 0) + 1
            else:
                state.closed = [other for other in state.closed if other != channel]
            moved_ns = at_ns + (self.operate_ns if closed else self.release_ns)[channel]
            actuator = self.actuators.get(channel)
            if actuator is not None:
                self.world.schedule(moved_ns, actuator.component, actuator.kind, closed)
            at_ns += SETTLING_NS
        if at_ns > self.world.now_ns:
            state.busy_until_ns = at_ns
            self.world.schedule(at_ns, self.name, "settled")


def _check(channels: tuple[int, ...]) -> None:
    """Refuse the whole list if one channel isn't there; nothing is switched then."""
    for channel in channels:
        if channel // 100 * 100 not in SLOTS:
            raise ScpiError(*SLOT_ERROR)
        if channel not in CHANNELS:
            raise ScpiError(*CHANNEL_ERROR)


def _close(unit: RelayUnit, channels: tuple[int, ...]) -> None:
    _check(channels)
    unit.switch(channels, closed=True)


def _close_exclusively(unit: RelayUnit, channels: tuple[int, ...]) -> None:
    _check(channels)
    unit.switch(tuple(channel for channel in unit.state.closed if channel not in channels), closed=False)
    unit.switch(channels, closed=True)


def _open(unit: RelayUnit, channels: tuple[int, ...]) -> None:
    _check(channels)
    unit.switch(channels, closed=False)


def _ask_closed(unit: RelayUnit, channels: tuple[int, ...]) -> str:
    _check(channels)
    return ",".join("1" if channel in unit.state.closed else "0" for channel in channels)


def _ask_open(unit: RelayUnit, channels: tuple[int, ...]) -> str:
    _check(channels)
    return ",".join("0" if channel in unit.state.closed else "1" for channel in channels)


def _ask_cycles(unit: RelayUnit, channels: tuple[int, ...]) -> str:
    _check(channels)
    return ",".join(format_nr1(unit.state.cycles.get(channel, 0)) for channel in channels)


def _card_power_on(unit: RelayUnit, slot: int) -> None:
    cards = [channel for channel in unit.state.closed if slot in (ALL_SLOTS, channel // 100 * 100)]
    unit.switch(tuple(cards), closed=False)


def _ask_card(_unit: RelayUnit, slot: int) -> str:
    card = CARD_IDENTITIES.get(slot)
    if card is None:
        return f"{CARD_IDENTITIES[SLOTS[0]].maker},0,0,0"
    return f"{card.maker},{card.model},{card.serial},{card.firmware}"


class SlotNumber(Number):
    """``100``, ``200``, ``300``; ALL stands for every slot where the command allows it."""

    def parse(self, text: str) -> int:
        """The slot, or ScpiError."""
        slot = super().parse(text)
        if slot not in (ALL_SLOTS, 100, 200, 300):
            raise ScpiError(*SLOT_ERROR)
        return slot


DIALECT: tuple[Command, ...] = (
    Command("[ROUTe:]CLOSe", (ChannelList(),), do=_close, ask=_ask_closed, asks_with=(ChannelList(),)),
    Command("[ROUTe:]CLOSe:EXCLusive", (ChannelList(),), do=_close_exclusively),
    Command("[ROUTe:]OPEN", (ChannelList(),), do=_open, ask=_ask_open, asks_with=(ChannelList(),)),
    Command("[ROUTe:]DONE", ask=lambda unit: "0" if unit.operation_pending() else "1"),
    Command("SYSTem:CPON", (SlotNumber("", 0, keywords=(("ALL", ALL_SLOTS),)),), do=_card_power_on),
    Command("SYSTem:CTYPe", ask=_ask_card, asks_with=(SlotNumber("", 0),)),
    Command("SYSTem:VERSion", ask=lambda _: "1994.0"),
    Command("DIAGnostic:RELay:CYCLes", ask=_ask_cycles, asks_with=(ChannelList(),)),
)
"""Source: 34970A user's guide and DAQ970A programming guide. The multiplexer's scanning is not part of this unit."""


def make_relay_unit(
    world: World, name: str, actuators: Mapping[int, Actuator], identity: Identity = REFERENCE_IDENTITY
) -> RelayUnit:
    """A switch unit with actuator cards in slots 100 and 200."""
    return RelayUnit(world, name, identity, instrument_tree(DIALECT), actuators)
