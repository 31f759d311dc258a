"""Bench and meter files: what is on the bench and which meter is on it.

A bench file of kind ``emulated`` and one of kind ``real`` differ in addresses only, so that the same plan runs on both.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from harness.bench.board_sections import BusSection, LineSection
from harness.bench.ciphering_section import CipheringSection
from harness.bench.diagnostic_section import DiagnosticSection
from harness.bench.errors import BenchFileError, InstrumentMissingError
from harness.bench.stimuli import CoilEntry, NarrowCoilEntry, ShakerEntry, ShuntEntry, SurgeEntry
from harness.bench.toml_file import FileModel, load_model

MAX_IMAGE_BYTES = 256 * 1024
"""SEAL-4: the image fits the reference part's flash."""


def _octets(count: int) -> AfterValidator:
    def check(text: str) -> str:
        try:
            data = bytes.fromhex(text)
        except ValueError:
            raise ValueError(f"expected {count} octets in hex") from None
        if len(data) != count:
            raise ValueError(f"expected {count} octets in hex, found {len(data)}")
        return data.hex()

    return AfterValidator(check)


def _point_of_p256(text: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + bytes.fromhex(text))
    except ValueError:
        raise ValueError("expected x and y of a point of the curve P-256; enrol the meter again") from None
    return text


class BenchSection(FileModel):
    """What the bench is called and of what kind it is."""

    name: str
    kind: Literal["emulated", "real"]
    laboratory: str = ""
    visa_library: str = "@py"
    """PyVISA library of a real bench; an emulated bench brings its own."""
    epoch: datetime = datetime(2026, 6, 1, tzinfo=UTC)
    """UTC at which an emulated bench's time begins; without meaning on a real one."""
    clock_reading_ms: float = Field(default=1.0, gt=0)
    clock_rate_ppm: float = Field(default=500.0, gt=0)
    """Of one reading (USB serial: frames of 1 ms), and of its rate (NTP slews by 500 ppm at most, RFC 5905, A)."""


class InstrumentEntry(FileModel):
    """One instrument: where it is, who made it, until when its calibration counts."""

    driver: str
    resource: str
    calibrated_on: date
    calibrated_until: date
    calibrated_by: str = ""
    certificate: str = ""
    serial: str | None = None
    """Expected serial number; none means that any unit of the family will do."""
    probes: dict[str, int] = Field(default_factory=dict)
    """Oscilloscope: net on the meter's board → channel. Multimeter: net → its input, 1."""
    clamps_A_per_V: dict[str, float] = Field(default_factory=dict)
    """Oscilloscope: net of ``probes`` whose current a clamp takes → amperes per volt at the clamp's output. The ratio
    of every other probe is sensed by the oscilloscope."""
    clamp_uncertainty_percent: float = Field(default=1.0, gt=0)
    """Oscilloscope: expanded uncertainty (k = 2) of the clamps' ratio and offset, as their certificates say."""
    digital: dict[str, int] = Field(default_factory=dict)
    """Oscilloscope: net → digital channel, 0 to 15."""
    channels: dict[str, int] = Field(default_factory=dict)
    """Relay unit: what is worked → channel."""
    active_low: bool | None = None
    """Relay board without a logic of its own: whether a low output closes a relay; none: as is usual for its part."""
    limits: dict[str, float] = Field(default_factory=dict)
    """What it may put out at most, by the names its driver works with (unit at the end); no test can exceed them."""
    timeout_s: float = Field(default=5.0, gt=0, le=600)

    @field_validator("probes", "digital", "channels")
    @classmethod
    def _each_its_own(cls, wired: dict[str, int]) -> dict[str, int]:
        """Two names for one channel: who works or reads the one would work or read the other without knowing."""
        for name, channel in wired.items():
            if channel < 0:
                raise ValueError(f"{name} = {channel}: expected a channel number, 0 or more")
            other = next(one for one, used in wired.items() if used == channel)
            if other != name:
                raise ValueError(f"{other} and {name} are both at channel {channel}; expected a channel for each")
        return wired


class LinkEntry(FileModel):
    """A byte link to the meter."""

    address: str
    """``tcp://HOST:PORT`` on a real bench, ``board:NAME`` on an emulated one."""


class LinkProfileEntry(FileModel):
    """How a kind of link treats packets, each direction alike: what the network emulator is set to."""

    delay_ms: float = Field(default=0, ge=0, le=100_000)
    jitter_ms: float = Field(default=0, ge=0, le=100_000)
    """Half width."""
    loss_percent: float = Field(default=0, ge=0, le=100)
    duplicate_percent: float = Field(default=0, ge=0, le=100)
    reorder_percent: float = Field(default=0, ge=0, le=100)
    rate_kbit: float = Field(default=0, ge=0)
    slot_min_ms: float = Field(default=0, ge=0)
    slot_max_ms: float = Field(default=0, ge=0)
    """Time between the moments at which packets may leave (duty limit); 0: at any."""
    source: str
    """Where the figures come from; to be confirmed where they are recalled."""

    @model_validator(mode="after")
    def _is_possible(self) -> LinkProfileEntry:
        if self.slot_min_ms > self.slot_max_ms:
            raise ValueError(f"slot_min_ms {self.slot_min_ms:g} is above slot_max_ms {self.slot_max_ms:g}")
        if self.jitter_ms > self.delay_ms or (self.reorder_percent and not self.delay_ms):
            raise ValueError("jitter and reordering need a delay that is as long as the jitter at least")
        return self


class EmulationSection(FileModel):
    """What the emulated meter is built with, and what of it is broken. Only for benches of kind ``emulated``."""

    hall_sensor: Literal["reference", "tmag5273"] = "reference"
    battery: Literal["fresh", "aged", "weak"] = "fresh"
    hall_sensor_fault: Literal["none", "stuck", "drift"] = "none"
    """Of the reference sensor: its data stand still, or it has lost a fifth of its sensitivity."""
    accelerometer: Literal["lis3dh", "stuck", "dead"] = "lis3dh"
    terminal_thermistor: Literal["ntc", "open"] = "ntc"
    main_crystal_slow_ppm: int = Field(default=0, ge=-50_000, le=50_000)
    """By how much the processor's crystal is slow, beside its tolerance."""


class BenchFile(FileModel):
    """A whole bench file."""

    bench: BenchSection
    instruments: dict[str, InstrumentEntry]
    links: dict[str, LinkEntry]
    coils: dict[Literal["x", "y", "z"], CoilEntry] = Field(default_factory=dict)
    narrow_coil: NarrowCoilEntry | None = None
    shunts: dict[str, ShuntEntry] = Field(default_factory=dict)
    link_profiles: dict[str, LinkProfileEntry] = Field(default_factory=dict)
    shaker: ShakerEntry | None = None
    surge: SurgeEntry | None = None
    emulation: EmulationSection = Field(default_factory=EmulationSection)

    @model_validator(mode="after")
    def _shunts_have_channels(self) -> BenchFile:
        wired = {name for entry in self.instruments.values() for name in entry.channels if name.startswith("shunt_")}
        named = {f"shunt_{name}" for name in self.shunts}
        if wired != named:
            raise ValueError(
                f"every shunt has a table [shunts.NAME] and a relay channel shunt_NAME; without a table: "
                f"{', '.join(sorted(wired - named)) or 'none'}; without a channel: "
                f"{', '.join(sorted(named - wired)) or 'none'}"
            )
        return self

    def instrument(self, name: str) -> InstrumentEntry:
        """The entry of that name; raises InstrumentMissingError."""
        try:
            return self.instruments[name]
        except KeyError:
            there = ", ".join(sorted(self.instruments)) or "none"
            raise InstrumentMissingError(
                f"bench {self.bench.name!r} has no instrument {name!r} (there are: {there}); "
                f"add a table [instruments.{name}] to the bench file or leave out the tests that need it"
            ) from None

    def link(self, name: str) -> LinkEntry:
        """The link of that name; raises InstrumentMissingError."""
        try:
            return self.links[name]
        except KeyError:
            there = ", ".join(sorted(self.links)) or "none"
            raise InstrumentMissingError(
                f"bench {self.bench.name!r} has no link {name!r} (there are: {there}); "
                f"add a table [links.{name}] to the bench file"
            ) from None


class MeterSection(FileModel):
    """Who the meter says it is."""

    name: str
    maker: str
    serial: str
    identification: str
    """Its identification line at the optical port (IEC 62056-21), without CR LF."""


class FirmwareSection(FileModel):
    """The image it runs; paths are relative to the meter file."""

    image: Path
    symbols: Path | None = None
    source: Path | None = None
    """Where the image is built from, if it is built here (the reference meter)."""


class AlertSection(FileModel):
    """What its alerts must be signed with (ECDSA P-256, x ‖ y as at enrolment), and for whom they are."""

    system_title: Annotated[str, _octets(8)]
    head_end_title: Annotated[str, _octets(8)]
    public_key: Annotated[str, _octets(64), AfterValidator(_point_of_p256)]
    commissioned: datetime  # no event of this meter can be older (UTC)
    event_time: Literal["first-edge", "detection"]
    """What the event time in its alerts is: the first edge of the lasting change, or the moment the meter was sure."""
    ciphering: CipheringSection | None = None
    events: EventCodes


Code = Annotated[int | None, Field(ge=0, le=255)]


class EventCodes(FileModel):
    """The meter's own codes of the causes that a plan asks for (LOG-3: each has a documented code)."""

    case_opened: int = Field(ge=0, le=255)
    case_closed: int = Field(ge=0, le=255)
    magnetic_field: Code = None
    magnetic_field_gone: Code = None
    current_mismatch: Code = None
    current_mismatch_gone: Code = None
    field_saturated: Code = None
    """The field is beyond the sensor's range (MAG-3)."""
    field_saturated_gone: Code = None
    field_sensor_fault: Code = None
    field_sensor_back: Code = None
    transformer_saturated: Code = None
    """The current transformer's core, seen in the waveform (MAG-5)."""
    transformer_saturated_gone: Code = None
    front_end_fault: Code = None
    front_end_back: Code = None
    element_bypassed: Code = None
    """A shunt across a measuring element, seen in the response to load (MET-2)."""
    element_bypassed_gone: Code = None
    neutral_lost_supply_side: Code = None
    neutral_lost_supply_side_gone: Code = None
    neutral_lost_load_side: Code = None
    neutral_lost_load_side_gone: Code = None
    line_neutral_swapped: Code = None
    line_neutral_swapped_gone: Code = None
    current_reversed: Code = None
    current_reversed_gone: Code = None
    phase_angle_abnormal: Code = None
    phase_angle_abnormal_gone: Code = None
    overheated: Code = None
    overheated_gone: Code = None
    tilted: Code = None
    tilted_gone: Code = None
    shaken: Code = None
    """Manipulated for longer than the vibration duration threshold (TILT-2)."""
    shaken_gone: Code = None
    motion_sensor_fault: Code = None
    motion_sensor_back: Code = None
    edge_storm: Code = None
    """An interrupt storm on the case switch's line (SEAL-3)."""
    edge_storm_gone: Code = None
    keys_wiped: Code = None
    """After sustained high-voltage injection (SIG-4)."""
    port_locked: Code = None
    """The diagnostic port, after wrong passwords (INT-4)."""
    clock_adjusted: Code = None
    clock_invalid: Code = None
    battery_low: Code = None
    battery_low_gone: Code = None
    secure_element_fault: Code = None
    secure_element_back: Code = None
    events_dropped: Code = None
    """More events at once than the meter could keep (LOG-1)."""
    configuration_changed: Code = None
    """A threshold, at the diagnostic port (INT-4)."""
    parameters_damaged: Code = None

    @field_validator("*")
    @classmethod
    def _differs(cls, code: int | None, known: ValidationInfo) -> int | None:
        """One code for two would let any alert stand for either."""
        if code is not None and code in known.data.values():
            other = next(name for name, value in known.data.items() if value == code)
            raise ValueError(f"is the code of {other} too; each event has a code of its own (LOG-3)")
        return code


def _identification_code(text: str) -> str:
    if not re.fullmatch(r"[\x20\x22-\x27\x2b-\x2e\x30-\x7e]{1,16}", text):
        raise ValueError('expected an identification code as the meter sends it, such as "1-0:31.7.0"')
    return text


ReadoutCode = Annotated[str, AfterValidator(_identification_code)]


class ReadoutSection(FileModel):
    """What the meter says at its optical port in a data readout (IEC 62056-21, mode C): its codes and marks."""

    status: ReadoutCode
    """The Metrology Status Register, hexadecimal."""
    tampered_mask: int = Field(gt=0, lt=1 << 32)
    """The bits of the status that mark the meter as tampered with (any of them)."""
    line_current: ReadoutCode | None = None
    neutral_current: ReadoutCode | None = None
    """Instantaneous, in A."""
    voltage: ReadoutCode | None = None
    """In V."""
    flux_density: ReadoutCode | None = None
    """Magnitude at the sensor, in mT."""
    security_log: ReadoutCode | None = None
    """The header of the security log's block (LOG-3)."""
    security_log_mode: Annotated[str, Field(pattern="^[6-9]$")] = "6"
    """The mode in which the block is asked for: 6 to 9 are the maker's (IEC 62056-21)."""
    install_mode: Annotated[str, Field(pattern="^[6-9]$")] | None = None
    """The mode that tells the meter, with its case open, that it is in its installed position (TILT-1)."""


class MeterFile(FileModel):
    """A whole meter file."""

    meter: MeterSection
    firmware: FirmwareSection
    alerts: AlertSection
    lines: LineSection
    readout: ReadoutSection | None = None
    bus: BusSection | None = None
    diagnostic: DiagnosticSection | None = None


def load_bench_file(path: Path) -> BenchFile:
    """The bench file at ``path``; raises BenchFileError."""
    return load_model(path, BenchFile)


def load_meter_file(path: Path) -> MeterFile:
    """The meter file at ``path``; raises BenchFileError. A password's file is read when the password is asked for."""
    meter = load_model(path, MeterFile)
    if meter.diagnostic is None:
        return meter
    return meter.model_copy(update={"diagnostic": meter.diagnostic.beside(path.parent)})


def read_image(path: Path) -> bytes:
    """The firmware image at ``path``; raises BenchFileError if it can't be the image of this part."""
    try:
        with path.open("rb") as stream:
            image = stream.read(MAX_IMAGE_BYTES + 1)
    except FileNotFoundError:
        raise BenchFileError(
            f"{path}: there is no such image; build it (make firmware) or set firmware.image in the meter file"
        ) from None
    except OSError as error:
        raise BenchFileError(f"{path}: the image can't be read: {error}") from error
    if len(image) > MAX_IMAGE_BYTES:
        raise BenchFileError(
            f"{path}: the image is larger than the part's flash of {MAX_IMAGE_BYTES} bytes (SEAL-4); "
            "a raw binary from address 0 is expected, not an ELF or HEX file"
        )
    # A vector table begins with the stack pointer, a multiple of four: neither ':' nor 'S' can be its lowest byte.
    as_text = image[:1] == b":" or (image[:1] == b"S" and image[1:2].isdigit())
    if len(image) < 8 or image[:4] == b"\x7fELF" or as_text:
        raise BenchFileError(
            f"{path}: not a firmware image: expected a raw binary that begins with the vector table, not an ELF, HEX "
            "or S-record file; convert it (objcopy -O binary)"
        )
    return image
