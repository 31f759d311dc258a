"""Driver of a Linux box with two ports whose queueing discipline netem impairs what passes, a port for each direction.

A service on the box takes a line at a TCP port, runs it if it is a command of ``tc`` on one of the two ports, and
answers in one line: the exit status, a space, what the command printed (``docs/real-bench.md``). The ports are called
``tohead`` and ``tometer``, by the direction of the packets that leave there. Source: tc(8), tc-netem(8) of iproute2;
the form of what ``tc qdisc show`` prints [recalled].
"""

from __future__ import annotations

import re

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.devices import declared_identity
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError, SettingError
from harness.instruments.line import LineSession
from harness.instruments.network_emulator import NONE, Impairment
from harness.instruments.visa import Identity, Traffic

PORTS = ("tohead", "tometer")
LIMIT_PACKETS = 1000
"""Packets that may wait in the box: more than a meter sends in a test."""

_ANSWER = re.compile(r"(\d{1,3})(?: (.*))?")
_VERSION = re.compile(r"tc utility, (iproute2[!-~ ]{1,40})")
_TIME = r"([\d.]+)(us|ms|s)"
_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_DELAY = re.compile(rf" delay {_TIME}(?: +{_TIME})?")
_RATE = re.compile(r" rate ([\d.]+)([KM]?)bit")
_SLOT = re.compile(rf" slot {_TIME} {_TIME}")


class LinuxNetem:
    """A netem box; implements ``harness.instruments.network_emulator.NetworkEmulator``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "network",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = LineSession(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        version = _VERSION.fullmatch(self._run("tc -V"))
        if version is None:
            raise IdentityError(name, "does not answer 'tc -V' as iproute2 does; check 'resource' in the bench file")
        self._identity = declared_identity(name, "Linux", "netem box", serial, version[1])

    def identity(self) -> Identity:
        """iproute2's version as the box said; its serial number as the bench file declares it."""
        return self._identity

    def reset(self) -> None:
        """Everything passes untouched."""
        self.clear()

    def impair(self, impairment: Impairment) -> None:
        """Set both ports and read both back."""
        for port in PORTS:
            self._run(f"tc qdisc replace dev {port} root netem limit {LIMIT_PACKETS}{_words(impairment)}")
        for port in PORTS:
            found = self._read(port)
            if found != impairment:
                raise SettingError(self._session.name, f"port {port} says {found} after {impairment} was set")

    def clear(self) -> None:
        """No impairment, read back."""
        self.impair(NONE)

    def is_clear(self) -> bool:
        """Whether both ports say that they impair nothing."""
        return all(self._read(port) == NONE for port in PORTS)

    def _read(self, port: str) -> Impairment:
        command = f"tc qdisc show dev {port}"
        text = self._run(command)
        if not text.startswith("qdisc netem "):
            raise BadAnswerError(self._session.name, command, text, "the port's netem")
        delay, rate, slot = _DELAY.search(text), _RATE.search(text), _SLOT.search(text)
        return Impairment(
            delay_ms=_ms(delay[1], delay[2]) if delay else 0.0,
            jitter_ms=_ms(delay[3], delay[4]) if delay and delay[3] else 0.0,
            loss_percent=_percent("loss", text),
            duplicate_percent=_percent("duplicate", text),
            reorder_percent=_percent("reorder", text),
            rate_kbit=float(rate[1]) * {"": 1e-3, "K": 1.0, "M": 1e3}[rate[2]] if rate else 0.0,
            slot_ms=(_ms(slot[1], slot[2]), _ms(slot[3], slot[4])) if slot else (0.0, 0.0),
        )

    def _run(self, command: str) -> str:
        answer = self._session.query(command).strip()
        match = _ANSWER.fullmatch(answer)
        if match is None:
            raise BadAnswerError(self._session.name, command, answer, "exit status, space, output")
        if int(match[1]) != 0:
            raise CommandError(self._session.name, command, [answer])
        return (match[2] or "").strip()


def _words(impairment: Impairment) -> str:
    """What follows ``netem``; tc refuses reordering without a delay, and so does this."""
    words = ""
    if impairment.delay_ms or impairment.jitter_ms:
        words += f" delay {impairment.delay_ms:g}ms {impairment.jitter_ms:g}ms"
    for name in ("loss", "duplicate", "reorder"):
        percent = getattr(impairment, f"{name}_percent")
        words += f" {name} {percent:g}%" if percent else ""
    if impairment.rate_kbit:
        words += f" rate {impairment.rate_kbit:g}kbit"
    if impairment.slot_ms[1]:
        words += f" slot {impairment.slot_ms[0]:g}ms {impairment.slot_ms[1]:g}ms"
    return words


def _ms(number: str, unit: str) -> float:
    return float(number) * _MS[unit]


def _percent(name: str, text: str) -> float:
    match = re.search(rf" {name} ([\d.]+)%", text)
    return float(match[1]) if match else 0.0
