"""What relay boards behind a port expander have in common: one pin per relay, seen as a mask of closed relays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from harness.bench.clock import Clock
from harness.bench.ports import SmbusPort
from harness.instruments.devices import SmbusDevice, declared_identity
from harness.instruments.errors import SettingError
from harness.instruments.relay import RelaySpecification
from harness.instruments.visa import Identity, Traffic


class ExpanderBoard(ABC):
    """A relay board; implements ``harness.instruments.relay.RelayUnit`` by what the part makes of a mask."""

    TRANSPORT = "smbus"
    OPTIONS = ("active_low",)
    MAKER: ClassVar[str]
    PART: ClassVar[str]
    CHANNELS: ClassVar[range]

    def __init__(
        self,
        port: SmbusPort,
        clock: Clock,
        *,
        name: str,
        serial: str | None,
        traffic: Traffic | None,
        timeout_ms: int,
        active_low: bool,
    ) -> None:
        """Switches nothing: what the board has closed stays closed until it is told otherwise."""
        self._identity = declared_identity(name, self.MAKER, self.PART, serial)
        self._device = SmbusDevice(port, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._off = (1 << len(self.CHANNELS)) - 1 if active_low else 0

    def identity(self) -> Identity:
        """As declared in the bench file; the part has no number of its own."""
        return self._identity

    @property
    def specification(self) -> RelaySpecification:
        """The usual relays of such boards."""
        return relays_of(self.PART)

    def reset(self) -> None:
        """Every relay open."""
        self.open_all()

    def close(self, channel: int) -> None:
        """Close one relay; returns when it has settled. Raises InstrumentError if the part reads back otherwise."""
        bit = self._bit(channel)
        self._switch(self._closed_mask() | bit)

    def open(self, channel: int) -> None:
        """Open one relay; returns when it has settled. Raises InstrumentError if the part reads back otherwise."""
        bit = self._bit(channel)
        self._switch(self._closed_mask() & ~bit)

    def open_all(self) -> None:
        """Open every relay, whatever state the part is in."""
        self._switch(0)

    def closed(self, channel: int) -> bool:
        """Whether the pin is at the level that closes the relay; the board does not see its contacts."""
        return bool(self._closed_mask() & self._bit(channel))

    def closed_channels(self) -> list[int]:
        """Every channel whose pin is at the level that closes its relay."""
        mask = self._closed_mask()
        return [channel for channel in self.CHANNELS if mask >> channel & 1]

    def _settle(self) -> None:
        self._device.wait(round(self.specification.switching_time_max_ms * 1e6))

    def _bit(self, channel: int) -> int:
        if channel not in self.CHANNELS:
            raise SettingError(
                self._device.name, f"channel {channel}: the {self.PART} has channels 0 to {self.CHANNELS[-1]}"
            )
        return 1 << channel

    @abstractmethod
    def _switch(self, mask: int) -> None:
        """Make ``mask`` the closed relays, wait until they have settled, and read back whether they are."""

    @abstractmethod
    def _closed_mask(self) -> int:
        """The closed relays as the part's pins are; raises InstrumentError where they can't be told."""


def relays_of(part: str) -> RelaySpecification:
    """The expander says nothing of its relays; these are the small 5 V ones that such boards carry [recalled]."""
    return RelaySpecification(
        source=f"{part} board with relays of type SRD-05VDC [recalled]",
        switch_voltage_max_V=250.0,
        switch_current_max_A=10.0,
        switch_power_max_W=2500.0,
        switching_time_max_ms=10.0,
    )
