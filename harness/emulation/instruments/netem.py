"""The netem box: a service that runs commands of ``tc`` on two ports and answers exit status and output in one line.

What it does to packets is the network's matter (``harness.emulation.network``). Source: tc(8), tc-netem(8); texts of
refusals [recalled]. Correlations, distributions and the other disciplines are not part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.emulation.instruments.line_instrument import LineInstrument, LineState
from harness.emulation.network.path import Impairment, NetworkPath, find_network
from harness.emulation.world import World

VERSION = "tc utility, iproute2-6.1.0"
PORTS = {"tohead": "head-end", "tometer": "meter"}
_REPLACE = re.compile(r"tc qdisc replace dev (\w+) root netem limit \d{1,6}((?: [\w.%]+)*)")
_SHOW = re.compile(r"tc qdisc show dev (\w+)")
_TIME = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(us|ms|s)")
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%")
_RATE = re.compile(r"(\d{1,6})(?:\.(\d{1,3}))?kbit")
_UNIT_NS = {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
FULL_PPM = 1_000_000


@dataclass
class NetemState:
    """The service's port."""

    exchange: LineState = field(default_factory=LineState)


class Netem(LineInstrument):
    """The box."""

    state: NetemState
    latency_ns = 5_000_000
    """A process is started for each command: some milliseconds [recalled]."""

    def __init__(self, world: World, name: str, path: NetworkPath) -> None:
        self._path = path
        self.state = NetemState()
        super().__init__(world, name)

    def execute(self, line: str) -> str:
        """Run one command."""
        if line == "tc -V":
            return f"0 {VERSION}"
        if match := _REPLACE.fullmatch(line):
            return self._replace(match[1], match[2].split())
        if match := _SHOW.fullmatch(line):
            return self._show(match[1])
        return "126 not allowed here"

    def _replace(self, port: str, words: list[str]) -> str:
        if port not in PORTS:
            return f'1 Cannot find device "{port}"'
        try:
            impairment = _impairment(words)
        except ValueError as error:
            return f"1 What is {error}?"
        if impairment.reorder_ppm and not impairment.delay_ns:
            return "1 reordering not possible without specifying some delay"
        self._path.impair(PORTS[port], impairment)
        return "0"

    def _show(self, port: str) -> str:
        if port not in PORTS:
            return f'1 Cannot find device "{port}"'
        one = self._path.impairment(PORTS[port])
        text = "0 qdisc netem 8001: root refcnt 2 limit 1000"
        if one.delay_ns or one.jitter_ns:
            text += f" delay {_shown(one.delay_ns)}" + (f"  {_shown(one.jitter_ns)}" if one.jitter_ns else "")
        for name, ppm in (("loss", one.loss_ppm), ("duplicate", one.duplicate_ppm), ("reorder", one.reorder_ppm)):
            text += f" {name} {_decimal(ppm, 10_000)}%" if ppm else ""
        text += f" rate {_decimal(one.rate_bps, 1000)}Kbit" if one.rate_bps else ""
        if one.slot_max_ns:
            text += f" slot {_shown(one.slot_min_ns)} {_shown(one.slot_max_ns)}"
        return text


def _impairment(words: list[str]) -> Impairment:
    """Of what follows ``netem``; raises ValueError with the first word that is not understood."""
    values: dict[str, int] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "delay":
            values["delay_ns"] = _time_ns(rest)
            if rest and _TIME.fullmatch(rest[0]):
                values["jitter_ns"] = _time_ns(rest)
        elif word in ("loss", "duplicate", "reorder"):
            values[f"{word}_ppm"] = _scaled(_PERCENT, rest, 10_000, FULL_PPM)
        elif word == "rate":
            values["rate_bps"] = _scaled(_RATE, rest, 1000, 1_000_000_000)
        elif word == "slot":
            values["slot_min_ns"], values["slot_max_ns"] = _time_ns(rest), _time_ns(rest)
        else:
            raise ValueError(f'"{word}"')
    return Impairment(**values)


def _time_ns(rest: list[str]) -> int:
    match = _TIME.fullmatch(rest.pop(0) if rest else "")
    if match is None:
        raise ValueError('"delay" or "slot" without a time')
    return _fixed(match[1], match[2], _UNIT_NS[match[3]])


def _scaled(pattern: re.Pattern[str], rest: list[str], scale: int, most: int) -> int:
    word = rest.pop(0) if rest else ""
    match = pattern.fullmatch(word)
    if match is None or _fixed(match[1], match[2], scale) > most:
        raise ValueError(f'"{word}"')
    return _fixed(match[1], match[2], scale)


def _fixed(whole: str, part: str | None, scale: int) -> int:
    """A decimal number times ``scale``, without a detour over floating point."""
    part = part or ""
    return int(whole) * scale + (int(part) * scale // 10 ** len(part) if part else 0)


def _shown(time_ns: int) -> str:
    return f"{_decimal(time_ns, 1_000_000)}ms"


def _decimal(value: int, scale: int) -> str:
    text = f"{value // scale}.{value % scale * 10**6 // scale:06d}"
    return text.rstrip("0").rstrip(".")


def make_netem(world: World, name: str) -> Netem:
    """The box in the path of the world's modem."""
    return Netem(world, name, find_network(world))
