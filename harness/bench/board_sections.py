"""What a meter file says about the meter's board: its probed lines, and who is who on its I2C bus."""

from __future__ import annotations

from pydantic import Field

from harness.bench.toml_file import FileModel


class LineSection(FileModel):
    """The probed lines on the meter's board: what a receiver on them takes for low and high."""

    logic_low_V: float
    logic_high_V: float
    supply_V: float = Field(gt=0)
    edge_time_ns: float = Field(gt=0)
    """Longest time that an edge takes between the two levels."""
    modem_baud_Bd: int = Field(gt=0)


class BusSection(FileModel):
    """Who is who on the board's I2C bus, by seven-bit address.

    A latency's parts are told by it (COM-1), and the writes of the log (LOG-2).
    """

    secure_element: int = Field(ge=0x08, le=0x77)
    field_sensor: int | None = Field(default=None, ge=0x08, le=0x77)
    motion_sensor: int | None = Field(default=None, ge=0x08, le=0x77)
    event_memory: int | None = Field(default=None, ge=0x08, le=0x77)
    """The EEPROM or FRAM that events are kept in."""
    event_memory_address_octets: int = Field(default=2, ge=1, le=3)
    """A word's address in it: a transfer to it with more octets than these writes."""
