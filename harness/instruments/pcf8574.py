"""Driver of relay boards behind a PCF8574 or PCF8574A port expander, over SMBus.

Channels 0 to 7 are P0 to P7. The part's outputs sink current but can hardly source any, and are high at power-on:
boards close a relay with a low output, so that is the default here. Source: PCF8574 data sheet (SCPS068).
"""

from __future__ import annotations

from harness.bench.clock import Clock
from harness.bench.ports import SmbusPort
from harness.instruments.devices import SmbusDevice, declared_identity
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.relay import RelaySpecification
from harness.instruments.visa import Identity, Traffic

SPECIFICATION = RelaySpecification(
    # The expander says nothing of its relays; this is the small 5 V power relay that such boards carry [recalled].
    source="PCF8574 board with relays of type SRD-05VDC",
    switch_voltage_max_V=250.0,
    switch_current_max_A=10.0,
    switch_power_max_W=2500.0,
    switching_time_max_ms=10.0,
)
SETTLING_NS = round(SPECIFICATION.switching_time_max_ms * 1e6)

CHANNELS = range(8)
ALL = 0xFF


class Pcf8574:
    """A relay board; implements ``harness.instruments.relay.RelayUnit``.

    The part is one byte without registers: nothing tells it from any other part at its address but that the pins
    follow what is written. So the driver reads them back after every write, and twice.
    """

    TRANSPORT = "smbus"
    OPTIONS = ("active_low",)

    def __init__(
        self,
        port: SmbusPort,
        clock: Clock,
        *,
        name: str = "relay unit",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
        active_low: bool = True,
    ) -> None:
        """Switches nothing: what the board has closed stays closed until it is told otherwise."""
        self._identity = declared_identity(name, "NXP or TI", "PCF8574", serial)
        self._device = SmbusDevice(port, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._off = ALL if active_low else 0
        self._written: int | None = None
        self._closed_mask()

    def identity(self) -> Identity:
        """As declared in the bench file; the part has no number of its own."""
        return self._identity

    @property
    def specification(self) -> RelaySpecification:
        """The usual relays of such boards."""
        return SPECIFICATION

    def reset(self) -> None:
        """Every relay open."""
        self.open_all()

    def close(self, channel: int) -> None:
        """Close one relay; returns when it has settled. Raises InstrumentError if the pins read otherwise."""
        bit = self._bit(channel)
        self._switch(self._closed_mask() | bit)

    def open(self, channel: int) -> None:
        """Open one relay; returns when it has settled. Raises InstrumentError if the pins read otherwise."""
        bit = self._bit(channel)
        self._switch(self._closed_mask() & ~bit)

    def open_all(self) -> None:
        """Open every relay, whatever the pins are at."""
        self._switch(0)

    def closed(self, channel: int) -> bool:
        """Whether the pin is at the level that closes the relay; the board does not see its contacts."""
        return bool(self._closed_mask() & self._bit(channel))

    def closed_channels(self) -> list[int]:
        """Every channel whose pin is at the level that closes its relay."""
        mask = self._closed_mask()
        return [channel for channel in CHANNELS if mask >> channel & 1]

    def _bit(self, channel: int) -> int:
        if channel not in CHANNELS:
            raise SettingError(self._device.name, f"channel {channel}: a PCF8574 has channels 0 to {CHANNELS[-1]}")
        return 1 << channel

    def _switch(self, mask: int) -> None:
        levels = mask ^ self._off
        self._device.write_byte(levels)
        self._written = levels
        self._device.wait(SETTLING_NS)
        self._closed_mask()

    def _closed_mask(self) -> int:
        """From the pins: read twice, equal, and as was written last, since one byte has no other check."""
        first, second = self._device.read_byte(), self._device.read_byte()
        expected = first if self._written is None else self._written
        if first != second or first != expected:
            raise BadAnswerError(
                self._device.name,
                "receive byte",
                f"{first:#04x}, {second:#04x}",
                f"{expected:#04x} twice, the pins as they were set; check address, wiring and that nobody else "
                "works the board",
            )
        return first ^ self._off
