"""The scripted day, and a meter in its world that lives it: open, magnet, log wrap, alerts pushed after an outage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware_ref.tool.parameters import KEYS_ADDRESS, make_key_page, make_test_keys
from harness.emulation.meter_board import MeterBoard
from harness.emulation.world import NONVOLATILE, Snapshot, World
from harness.headend.listener.identity import MeterIdentity, load_public_key
from harness.meter.ciphering import CipherKeys
from tests.emulation.parts.sources import HandMade
from tests.powercut.head_end import HeadEnd
from tests.powercut.pages import filled

S = 1_000_000_000
MS = 1_000_000
UTC_AT_ZERO_S = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
FILLED = 146
"""Entries that the ring of 150 holds when the day begins: it wraps in the middle of it."""
FILLED_FIRST_S = UTC_AT_ZERO_S - 86_400
FIELD_NT = (60_000_000, 0, 0)
SLICE_NS = 20 * MS
"""How late a confirmation may be."""
POSITIONS_AT, POSITIONS_BYTES = 0x3F400, 1024
BOOTS_WORD = 1
"""The battery-backed word that counts boots: it differs by the number of cuts and decides nothing."""
DAY = (
    (3_000, "open"),
    (4_000, "close"),
    (5_500, "magnet"),
    (7_000, "no magnet"),
    (8_500, "offline"),
    (9_000, "open"),
    (9_600, "close"),
    (10_200, "open"),
    (12_500, "online"),
    (18_000, "end"),
)
"""Milliseconds of world time, and what happens."""


@dataclass(frozen=True)
class Moment:
    """A world and its head-end, to go back to."""

    snapshot: Snapshot
    head_end: HeadEnd
    step: int
    """The next line of the day."""


class Meter:
    """One meter in its world, with its head-end."""

    def __init__(self, image: bytes, elf: Path, seed: int) -> None:
        changes = [(0, (0, 0, 0))]
        changes += [(at * MS, FIELD_NT if what == "magnet" else (0, 0, 0)) for at, what in DAY if "magnet" in what]
        self.room = HandMade(changes=changes)
        self.world = World(seed)
        self.board = MeterBoard(self.world, utc_at_zero_s=UTC_AT_ZERO_S, surroundings=self.room)
        self.board.load_image(image, elf)
        keys = CipherKeys(*make_test_keys(self.board.serial))
        self.board.cpu.load_flash(KEYS_ADDRESS, make_key_page(keys.encryption, keys.authentication))
        self.board.eeprom.state.array[:] = filled(FILLED, FILLED_FIRST_S)
        self.board.secure_element.state.memory.counters[0] = FILLED
        self.head_end = HeadEnd()
        self.step = 0
        self.identity = MeterIdentity(
            system_title=bytes.fromhex("5442520000000001"),
            public_key=load_public_key(self.board.secure_element.public_key),
            commissioned_utc_ns=0,
            recipient_title=b"TBRHEAD1",
            keys=keys,
        )
        self.board.power_on()

    def moment(self) -> Moment:
        """Now."""
        return Moment(self.world.snapshot(), self.head_end.copy(), self.step)

    def go_back(self, moment: Moment) -> None:
        """To a moment of before."""
        self.world.restore(moment.snapshot)
        self.head_end = moment.head_end.copy()
        self.step = moment.step

    def kept(self) -> str:
        """A digest of what outlasts a power cut and of what the head-end knows; equal ones recover alike."""
        element = self.board.secure_element.state.memory
        known = (self.head_end.heard, self.head_end.ciphered, self.head_end.confirmed)
        head_end = ([sorted(one) for one in known], self.head_end.is_reachable)
        physical = (self.is_open, self.room.field_nT("sensor", self.world.now_ns))
        words = [word for index, word in enumerate(self.board.mcu.hibernation.state.data) if index != BOOTS_WORD]
        parts = repr((element.counters, head_end, physical, words)).encode()
        return hashlib.sha256(bytes(self.board.eeprom.state.array) + self.positions() + parts).hexdigest()

    def positions(self) -> bytes:
        """The flash page of installed positions."""
        return self.board.mcu.read_flash(POSITIONS_AT, POSITIONS_BYTES)

    @property
    def is_open(self) -> bool:
        """Whether the case is open, or about to be."""
        return self.board.case_switch.state.plunger_open

    def run_to_write(self, until_ns: int) -> bool:
        """Let the day go on to the next change of what outlasts a cut; False if there is none before ``until_ns``."""
        while self.world.now_ns < until_ns:
            step_ns = DAY[self.step][0] * MS if self.step < len(DAY) else until_ns
            target_ns = min(until_ns, step_ns, self.world.now_ns - self.world.now_ns % SLICE_NS + SLICE_NS)
            if self.world.run_until(max(target_ns, self.world.now_ns), wake_on=NONVOLATILE):
                return True
            if self.step < len(DAY) and self.world.now_ns >= step_ns:
                self._do(DAY[self.step][1])
                self.step += 1
            self.serve()
        return False

    def run(self, until_ns: int) -> None:
        """Let the world go on."""
        while self.run_to_write(until_ns):
            pass

    def _do(self, what: str) -> None:
        if what in {"open", "close"}:
            self.board.case_switch.set_plunger(what == "open")
        elif what in {"offline", "online"}:
            self.head_end.is_reachable = what == "online"

    def last_change_ns(self) -> int:
        """When the magnet last came or went; now, while it is there: the day takes it away again."""
        now_ns = self.world.now_ns
        if self.room.field_nT("sensor", now_ns) == FIELD_NT:
            return now_ns
        return [since_ns for since_ns, _ in self.room.changes if since_ns <= now_ns][-1]

    def lose_link(self) -> None:
        """What has come by now was heard; half a frame never becomes a whole one, and nothing is answered."""
        data = bytes(octet for _, octet in self.board.modem.take())
        is_reachable, self.head_end.is_reachable = self.head_end.is_reachable, False
        self.head_end.take(data, self.identity)
        self.head_end.octets.clear()
        self.head_end.is_reachable = is_reachable

    def serve(self) -> None:
        """The head-end takes what has come and answers."""
        data = bytes(octet for _, octet in self.board.modem.take())
        answer = self.head_end.take(data, self.identity) if data else b""
        if answer:
            self.board.modem.write(answer)
