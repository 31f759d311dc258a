"""Driver of the Keysight 34970A, 34972A and DAQ970A switch units with actuator cards (34903A, DAQM903A).

Source: 34970A user's guide, DAQ970A programming guide.
"""

from __future__ import annotations

import re

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, IdentityError
from harness.instruments.relay import RelaySpecification
from harness.instruments.visa import Identity, Instrument, Traffic

SPECIFICATION = RelaySpecification(
    source="34970A/34972A user's guide, actuator/general-purpose switch",
    switch_voltage_max_V=300.0,
    switch_current_max_A=1.0,
    switch_power_max_W=50.0,
    # 120 channels per second [recalled].
    switching_time_max_ms=8.4,
)


CARD_CHANNELS = 20
SLOTS = (100, 200, 300)
ACTUATOR_CARDS = ("34903A", "DAQM903A")
_CARD = re.compile(r"0|349\d\dA|DAQM9\d\dA")


class Keysight34970A:
    """A switch unit with actuator cards in some of its slots; implements ``harness.instruments.relay.RelayUnit``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "relay unit",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(
            makers=("KEYSIGHT", "AGILENT", "HEWLETTPACKARD"), models=("34970A", "34972A", "DAQ970A"), serial=serial
        )
        cards = {slot: self._card(slot) for slot in SLOTS}
        self._slots = [slot for slot, card in cards.items() if card in ACTUATOR_CARDS]
        if not self._slots:
            found = ", ".join(f"{slot}: {card}" for slot, card in cards.items())
            raise IdentityError(name, f"has no actuator card ({', '.join(ACTUATOR_CARDS)}); found {found}")

    def identity(self) -> Identity:
        """As the instrument said when it was opened; a 34970A answers 0 for its serial number."""
        return self._identity

    @property
    def specification(self) -> RelaySpecification:
        """The actuator card's limits."""
        return SPECIFICATION

    def reset(self) -> None:
        """Every relay open."""
        self.open_all()

    def close(self, channel: int) -> None:
        """Close one relay; returns when it has settled."""
        self._switch(f"ROUTe:CLOSe (@{channel})")

    def open(self, channel: int) -> None:
        """Open one relay; returns when it has settled."""
        self._switch(f"ROUTe:OPEN (@{channel})")

    def open_all(self) -> None:
        """Open every relay on every card."""
        self._switch("*RST")

    def closed(self, channel: int) -> bool:
        """Whether the relay was commanded closed; the family reads back commands, not contacts."""
        return self._read_closed(str(channel), 1)[0]

    def closed_channels(self) -> list[int]:
        """Channels that were commanded closed, of every actuator card, whoever closed them."""
        closed = []
        for slot in self._slots:
            channels = range(slot + 1, slot + 1 + CARD_CHANNELS)
            states = self._read_closed(f"{channels[0]}:{channels[-1]}", CARD_CHANNELS)
            closed += [channel for channel, state in zip(channels, states, strict=True) if state]
        return closed

    def _card(self, slot: int) -> str:
        """The model of the card in a slot; ``0`` if it is empty."""
        text = f"SYSTem:CTYPe? {slot}"
        answer = self._session.query(text)
        fields = answer.split(",")
        if len(fields) != 4 or not _CARD.fullmatch(fields[1].strip()):
            raise BadAnswerError(
                self._session.name, text, answer, "maker, a card's model or 0, serial number, firmware"
            )
        return fields[1].strip()

    def _read_closed(self, channels: str, count: int) -> list[bool]:
        text = f"ROUTe:CLOSe? (@{channels})"
        answer = self._session.query(text)
        states = answer.split(",")
        if len(states) != count or any(state not in ("0", "1") for state in states):
            raise BadAnswerError(self._session.name, text, answer, f"{count} times 0 or 1")
        return [state == "1" for state in states]

    def _switch(self, command: str) -> None:
        """The family works commands one after the other, so the answer to ``*OPC?`` comes when the relay rests."""
        self._session.command_and_wait(command)
