"""A Numato Lab USB relay module with 16 relays: its ASCII dialogue, octet by octet.

What is typed is echoed, a carriage return executes it, lines end with LF CR, ``>`` is the prompt (the maker's user
guides; ends of lines from programs that parse them). One character names a relay, further ones are ignored: ``relay on
12`` switches relay 1 (reported by users of the 16-channel module).
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.emulation.instruments.relay_board import USB_FRAME_NS, BoardState, SerialBoard
from harness.emulation.instruments.relay_unit import Actuator
from harness.emulation.world import World

CHANNELS = range(16)
INDICES = string.digits + string.ascii_uppercase[:6]
FIRMWARE = "A0000.01"
MODULE_ID = "EMU00001"
LINE_END = b"\n\r"
PROMPT = b">"
LINE_MAX = 64
EXECUTION_NS = 2_000_000
"""From the carriage return to the answer; assumed for its microcontroller."""


@dataclass
class NumatoState(BoardState):
    """The line being typed, and what is on its way to the computer."""

    line: bytes = b""
    module_id: str = MODULE_ID
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    """When each piece leaves; in rising order."""


class NumatoModule(SerialBoard):
    """The module."""

    state: NumatoState

    def __init__(self, world: World, name: str, actuators: Mapping[int, Actuator]) -> None:
        self.state = NumatoState()
        super().__init__(world, name, actuators, CHANNELS)

    def receive(self, data: bytes) -> None:
        """Echo each octet; a carriage return executes the line."""
        state = self.state
        for octet in data:
            if octet == ord("\r"):
                line, state.line = state.line.decode("latin-1"), b""
                self._send(USB_FRAME_NS, LINE_END)
                answer = self._execute(line.strip())
                self._send(EXECUTION_NS, b"".join(text.encode("ascii") + LINE_END for text in answer) + PROMPT)
            elif octet != ord("\n") and len(state.line) < LINE_MAX:
                state.line += bytes([octet])
                self._send(USB_FRAME_NS, bytes([octet]))

    def take(self) -> bytes:
        """What has left by now."""
        now_ns, sent = self.world.now_ns, self.state.sent
        data = b"".join(piece for at_ns, piece in sent if at_ns <= now_ns)
        self.state.sent = [entry for entry in sent if entry[0] > now_ns]
        return data

    def next_ns(self) -> int | None:
        """When the next piece leaves."""
        return self.state.sent[0][0] if self.state.sent else None

    def _send(self, delay_ns: int, data: bytes) -> None:
        last_ns = self.state.sent[-1][0] if self.state.sent else 0
        self.state.sent.append((max(self.world.now_ns + delay_ns, last_ns), data))

    def _execute(self, line: str) -> list[str]:
        """The answer's lines; the module is silent about what it does not understand."""
        words = line.split()
        if words == ["ver"]:
            return [FIRMWARE]
        if words == ["id", "get"]:
            return [self.state.module_id]
        if len(words) == 3 and words[:2] == ["id", "set"] and len(words[2]) == len(MODULE_ID):
            self.state.module_id = words[2]
            return []
        if words == ["reset"]:
            self.drive(0)
            return []
        if words and words[0] == "relay":
            return self._relay(words[1:])
        return []

    def _relay(self, words: list[str]) -> list[str]:
        if words == ["readall"]:
            return [f"{self.state.driven:0{len(CHANNELS) // 4}x}"]
        if len(words) != 2:
            return []
        verb, what = words
        if verb == "writeall":
            if len(what) == len(CHANNELS) // 4 and not set(what) - set(string.hexdigits):
                self.drive(int(what, 16))
            return []
        if what[0] not in INDICES:
            return []
        bit = 1 << INDICES.index(what[0])
        actions: dict[str, Callable[[int], int]] = {
            "on": lambda driven: driven | bit,
            "off": lambda driven: driven & ~bit,
        }
        if verb in actions:
            self.drive(actions[verb](self.state.driven))
        return ["on" if self.state.driven & bit else "off"] if verb == "read" else []
