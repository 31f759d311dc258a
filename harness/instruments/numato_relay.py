"""Driver of Numato Lab's USB relay modules with 8, 16 or 32 relays: an ASCII dialogue on a serial port.

Each command is echoed, answered, and ended by a prompt. Channels from 0; the module takes one character per channel,
10 is A, 31 is V (the maker's user guides and sample programs; ``relay on 12`` would switch relay 1).
"""

from __future__ import annotations

import re
import string

from harness.bench.clock import Clock
from harness.bench.link import ByteLink
from harness.instruments.devices import PromptDevice
from harness.instruments.errors import BadAnswerError, IdentityError, SettingError
from harness.instruments.relay import RelaySpecification
from harness.instruments.visa import Identity, Traffic

SPECIFICATION = RelaySpecification(
    # The maker's user guides: SPDT relays; operate time of relays of this size [recalled].
    source="Numato Lab USB relay module",
    switch_voltage_max_V=250.0,
    switch_current_max_A=7.0,
    switch_power_max_W=1750.0,
    switching_time_max_ms=10.0,
)
SETTLING_NS = round(SPECIFICATION.switching_time_max_ms * 1e6)

INDICES = string.digits + string.ascii_uppercase[:22]
SIZES = (8, 16, 32)
PROMPT = b">"
_VERSION = re.compile(r"[A-Za-z]?\d[\d.]{2,15}")
_ID = re.compile(r"[!-~]{8}")
"""``id set`` takes eight characters."""


class NumatoRelay:
    """A relay module; implements ``harness.instruments.relay.RelayUnit``."""

    TRANSPORT = "serial"

    def __init__(
        self,
        link: ByteLink,
        clock: Clock,
        *,
        name: str = "relay unit",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        """Switches nothing: what the module has closed stays closed until it is told otherwise."""
        self._device = PromptDevice(link, clock, name=name, traffic=traffic, timeout_ms=timeout_ms, prompt=PROMPT)
        self._device.synchronise()
        firmware, module_id = self._ask("ver", _VERSION), self._ask("id get", _ID)
        if serial is not None and module_id != serial:
            raise IdentityError(
                name,
                f"has the id {module_id!r}, the bench file expects serial {serial!r}: correct the bench file, put the "
                "right module on the bench, or give it its id ('id set')",
            )
        self._digits, _ = self._read_all()
        self._channels = range(self._digits * 4)
        model = f"USB relay module, {len(self._channels)} channels"
        self._identity = Identity("Numato Lab", model, module_id, firmware)

    def identity(self) -> Identity:
        """As the module said when it was opened; its id stands for a serial number."""
        return self._identity

    @property
    def specification(self) -> RelaySpecification:
        """The relays' limits."""
        return SPECIFICATION

    def reset(self) -> None:
        """Every relay open."""
        self.open_all()

    def close(self, channel: int) -> None:
        """Close one relay; returns when it has settled. Raises InstrumentError if the module reads back otherwise."""
        self._switch(channel, closed=True)

    def open(self, channel: int) -> None:
        """Open one relay; returns when it has settled. Raises InstrumentError if the module reads back otherwise."""
        self._switch(channel, closed=False)

    def open_all(self) -> None:
        """Open every relay."""
        command = f"relay writeall {'0' * self._digits}"
        self._command(command)
        self._device.wait(SETTLING_NS)
        if closed := self.closed_channels():
            raise BadAnswerError(self._device.name, command, f"channels {closed} closed", "every relay open")

    def closed(self, channel: int) -> bool:
        """Whether the relay is driven, as the module says; it does not see its contacts."""
        command = f"relay read {self._index(channel)}"
        answer = self._device.exchange(command)
        if answer not in (["on"], ["off"]):
            raise BadAnswerError(self._device.name, command, " | ".join(answer), "on or off")
        return answer == ["on"]

    def closed_channels(self) -> list[int]:
        """Every channel that is driven."""
        digits, mask = self._read_all()
        if digits != self._digits:
            raise BadAnswerError(self._device.name, "relay readall", f"{digits} digits", f"{self._digits} digits")
        return [channel for channel in self._channels if mask >> channel & 1]

    def _switch(self, channel: int, *, closed: bool) -> None:
        word = "on" if closed else "off"
        command = f"relay {word} {self._index(channel)}"
        self._command(command)
        self._device.wait(SETTLING_NS)
        if self.closed(channel) != closed:
            raise BadAnswerError(self._device.name, command, f"the relay reads not {word}", f"relay {word}")

    def _index(self, channel: int) -> str:
        if channel not in self._channels:
            raise SettingError(
                self._device.name, f"channel {channel}: this module has channels 0 to {self._channels[-1]}"
            )
        return INDICES[channel]

    def _command(self, command: str) -> None:
        answer = self._device.exchange(command)
        if answer:
            raise BadAnswerError(self._device.name, command, " | ".join(answer), "no answer but the prompt")

    def _ask(self, command: str, form: re.Pattern[str]) -> str:
        answer = self._device.exchange(command)
        if len(answer) != 1 or not form.fullmatch(answer[0]):
            raise BadAnswerError(self._device.name, command, " | ".join(answer), f"one word of the form {form.pattern}")
        return answer[0]

    def _read_all(self) -> tuple[int, int]:
        """How many hexadecimal digits the module answered, and its relays' states."""
        (command, answer) = ("relay readall", self._device.exchange("relay readall"))
        if len(answer) != 1 or len(answer[0]) * 4 not in SIZES or set(answer[0]) - set(string.hexdigits):
            raise BadAnswerError(
                self._device.name, command, " | ".join(answer), "2, 4 or 8 hexadecimal digits (8, 16 or 32 relays)"
            )
        return len(answer[0]), int(answer[0], 16)
