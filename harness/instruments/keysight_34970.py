"""Driver of the Keysight 34970A, 34972A and DAQ970A switch units with actuator cards (34903A, DAQM903A).

Source: 34970A user's guide, DAQ970A programming guide.
"""

from __future__ import annotations

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError
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
FIRST_SLOT = 100
"""Where the bench has a card in any case; others may stand in slots 200 and 300."""


class Keysight34970A:
    """A switch unit with a card in slot 100 at least; implements ``harness.instruments.relay.RelayUnit``."""

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
        self._slots = {FIRST_SLOT}
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(
            makers=("KEYSIGHT", "AGILENT", "HEWLETTPACKARD"), models=("34970A", "34972A", "DAQ970A"), serial=serial
        )

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
        self._slots.add(channel // 100 * 100)
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
        """Channels that were commanded closed, of the first card and of each whose relays were closed here."""
        closed = []
        for slot in sorted(self._slots):
            channels = range(slot + 1, slot + 1 + CARD_CHANNELS)
            states = self._read_closed(f"{channels[0]}:{channels[-1]}", CARD_CHANNELS)
            closed += [channel for channel, state in zip(channels, states, strict=True) if state]
        return closed

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
