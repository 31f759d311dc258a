"""Drives the firmware's core as a PC program (firmware_ref/port/host), with the parts of `parts.py` on its bus."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.firmware.alert_decoder import DecodedAlert, decode_alerts
from tests.firmware.parts import Eeprom, PowerCut, SecureElement
from tests.firmware.sensor_parts import Accelerometer, FrontEnd, Hall, Tmag

MS = 1000
S = 1_000_000


@dataclass
class Sent:
    at_us: int
    octets: bytes


class HostCrash(Exception):  # noqa: N818 - said by the program under test
    """The program ended by itself: a sanitizer's finding is in the text."""


class HostProgram:
    """The program's lines, without a device behind it: for the pure modules."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise self.crash() from error

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self.crash()
        return line.rstrip("\n")

    def crash(self) -> HostCrash:
        code = self.process.wait()
        assert self.process.stderr is not None
        return HostCrash(f"the host program ended with {code}:\n{self.process.stderr.read()[-3000:]}")

    def ask(self, line: str) -> str:
        self.write(line)
        return self.read()

    def close(self) -> None:
        """Its input ends, and so does it; that way an instrumented build writes what it has counted."""
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


@dataclass
class HostMeter:
    """A meter from one power-on to the next; its parts live on in the fields."""

    program: Path
    eeprom: Eeprom = field(default_factory=Eeprom)
    element: SecureElement = field(default_factory=SecureElement)
    hall: Hall | Tmag = field(default_factory=Hall)
    front_end: FrontEnd = field(default_factory=FrontEnd)
    accelerometer: Accelerometer = field(default_factory=Accelerometer)
    positions: dict[int, bytes] = field(default_factory=dict)
    """What has been written into the page of installed positions, by its place."""
    keys_wiped: bool = False
    """The page of keys has been written over."""
    adc_codes: tuple[int, int] | None = None
    """Of the chip's temperature sensor and the terminals' thermistor; None: no converter."""
    adc_reads_us: list[int] = field(default_factory=list)
    host: HostProgram | None = None
    now_us: int = 0
    sent: dict[str, list[Sent]] = field(default_factory=lambda: {"modem": [], "optical": [], "diagnostic": []})
    transfers: list[tuple[int, int, bytes, int]] = field(default_factory=list)
    accesses: list[tuple[int, bytes]] = field(default_factory=list)
    speeds: list[tuple[int, int]] = field(default_factory=list)
    hanging_addresses: set[int] = field(default_factory=set)
    kept: dict[int, int] = field(default_factory=dict)
    """The words that the battery keeps from one power-on to the next."""
    latch_resets_us: list[int] = field(default_factory=list)

    def power_on(
        self,
        *,
        is_case_open: bool = False,
        parameters: bytes | None = None,
        keys: bytes | None = None,
        clock_lost: bool = False,
        latch: bool = False,
        battery_low: bool = False,
    ) -> HostMeter:
        self.power_off()
        self.host = HostProgram(self.program)
        self.now_us = 0
        self.eeprom.busy_until_us = self.eeprom.silent_until_us = 0
        self.element.is_awake, self.element.ready_at_us = False, 0
        self.hall.power_on()
        self.front_end.power_on()
        self.accelerometer.power_on()
        if parameters is not None:
            self._obey(f"parameters {parameters.hex()}")
        if keys is not None:
            self._obey(f"keys {keys.hex()}")
        for which, value in self.kept.items():
            self._obey(f"keep {which} {value}")
        if clock_lost:
            self._obey("clock-lost")
        for at, record in self.positions.items():
            self._obey(f"position {at} {record.hex()}")
        if latch:
            self._obey("latch 1")
        self.battery(low=battery_low)
        self._obey(f"begin {int(is_case_open)}")
        return self

    def power_off(self) -> None:
        if self.host is not None:
            self.host.close()
            self.host = None

    def wake_on_battery(self, at_s: int, *, is_case_open: bool = False, latch: bool = False) -> HostMeter:
        """Without mains: what the wake pin's handler of the port calls, and then the meter is asleep again."""
        self.power_off()
        self.host = HostProgram(self.program)
        for which, value in self.kept.items():
            self._obey(f"keep {which} {value}")
        self._obey(f"latch {int(latch)}")
        self._obey(f"battery {at_s} {int(is_case_open)}")
        self.power_off()
        return self

    def edge(self, at_us: int, is_open: bool) -> None:
        self._obey(f"edge {at_us} {int(is_open)}")

    def signal_motion(self, is_high: bool) -> None:
        """The accelerometer's interrupt line."""
        self._obey(f"motion {int(is_high)}")

    def inject(self, on: bool) -> None:
        """High voltage on the communication lines, from now on or no more."""
        self._obey(f"inject {int(on)}")

    def battery(self, *, low: bool) -> None:
        """What the battery's comparator finds from now on."""
        self._obey(f"battery-low {int(low)}")

    def receive(self, octets: bytes, port: str = "modem") -> None:
        self._obey(f"{port} {octets.hex() or '-'}")

    def earth(self, *, live: bool) -> None:
        """Whether terminal L has voltage against earth; at the beginning it has."""
        self._obey(f"earth {int(live)}")

    def run(self, until_us: int) -> None:
        """Runs to the time. A `PowerCut` of a part ends the meter's life and is passed on."""
        self._obey(f"run {until_us}")
        self.now_us = until_us
        self.front_end.follow(until_us)  # what the test changes next, it changes now

    def state(self) -> str:
        assert self.host is not None
        return self.host.ask("state")

    @property
    def status(self) -> int:
        """The Metrology Status Register as the meter holds it."""
        words = self.state().split()
        return int(words[-1], 16)

    @property
    def alerts(self) -> list[DecodedAlert]:
        return [alert for sent in self.sent["modem"] if sent.octets[8] == 0xDF for alert in decode_alerts(sent.octets)]

    @property
    def banner(self) -> str:
        return b"".join(sent.octets for sent in self.sent["diagnostic"]).decode()

    def forget_sent(self) -> None:
        for sent in self.sent.values():
            sent.clear()

    def is_genuine(self, alert: DecodedAlert) -> bool:
        return alert.is_signed_by(self.element.key.public_key())

    def _obey(self, line: str) -> None:
        assert self.host is not None
        self.host.write(line)
        while (answer := self.host.read()) != "ok":
            words = answer.split()
            if words[0] == "i2c":
                self._transfer(words)
            elif words[0] == "spi":
                at_us, out = int(words[1]), bytes.fromhex(words[2])
                self.accesses.append((at_us, out))
                self.host.write("late" if self.front_end.is_late else self.front_end.access(out, at_us).hex())
            elif words[0] == "adc":
                self.adc_reads_us.append(int(words[1]))
                self.host.write("none" if self.adc_codes is None else "{} {}".format(*self.adc_codes))
            elif words[0] == "position":
                self.positions[int(words[1])] = bytes.fromhex(words[2])
            elif words[0] == "keys":
                self.keys_wiped = True
            elif words[0] == "latch-reset":
                self.latch_resets_us.append(int(words[1]))
            elif words[0] == "kept":
                self.kept[int(words[1])] = int(words[2])
            elif words[0] == "speed":
                self.speeds.append((int(words[1]), int(words[2])))
            elif words[0] == "sent":
                self.sent[words[1]].append(Sent(int(words[2]), bytes.fromhex(words[3])))
            else:
                raise AssertionError(f"{line!r} answered by {answer!r}")

    def _transfer(self, words: list[str]) -> None:
        assert self.host is not None
        now_us, address = int(words[1]), int(words[2], 16)
        tx, rx_length = bytes.fromhex(words[4].replace("-", "")), int(words[5])
        self.transfers.append((now_us, address, tx, rx_length))
        if address in self.hanging_addresses:
            self.host.write("hang")
            return
        if address == 0:
            assert words[3] == "100", "the wake token is only long enough at 100 kHz"
            self.element.wake(now_us)
            self.host.write("nack")
            return
        parts = {0x60: self.element, 0x50: self.eeprom, self.hall.address: self.hall, 0x18: self.accelerometer}
        part = parts.get(address)
        if part is None:
            self.host.write("nack")
            return
        try:
            self.host.write(part.transfer(now_us, tx, rx_length))
        except PowerCut:
            self.power_off()
            raise
