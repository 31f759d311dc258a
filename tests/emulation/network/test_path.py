"""The network behind the modem: what it does to packets, direction by direction, and that chance is the seed's."""

from __future__ import annotations

from itertools import pairwise

from harness.emulation.network.path import Impairment, NetworkPath
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.parts.serial_frame import encode_character, line_settings
from harness.emulation.world import World

MS = 1_000_000
S = 1_000_000_000
CHARACTER_NS = 86_806


class Meter:
    """The other end of the line: keeps what the head-end sent."""

    def __init__(self) -> None:
        self.received = bytearray()

    def take_frame(self, bits: tuple[bool, ...], bit_fs: int, end_ns: int) -> None:
        del bit_fs, end_ns
        self.received.append(sum(bit << place for place, bit in enumerate(bits[1:9])))


class Stand:
    """A modem's end of a line in a world of its own."""

    def __init__(self, seed: int = 1, **impairment: int) -> None:
        self.world = World(seed)
        self.endpoint = SerialEndpoint(self.world, "modem end", topic="modem", baud=115_200, framing="8N1")
        self.meter = Meter()
        self.endpoint.meter = self.meter
        self.path = NetworkPath(self.world, self.endpoint)
        for towards in ("head-end", "meter"):
            self.path.impair(towards, Impairment(**impairment))
        self.line = line_settings(115_200, "8N1")

    def send(self, octets: bytes) -> None:
        """The meter's modem line carries these, one character after another."""
        for octet in octets:
            end_ns = self.world.now_ns + CHARACTER_NS
            self.world.run_until(end_ns)
            self.endpoint.take_frame(encode_character(octet, self.line), self.line.bit_fs, end_ns)

    def received(self) -> list[tuple[int, bytes]]:
        """What has come, packet by packet with its time."""
        packets: dict[int, bytearray] = {}
        for at_ns, octet in self.endpoint.take():
            packets.setdefault(at_ns, bytearray()).append(octet)
        return [(at_ns, bytes(octets)) for at_ns, octets in packets.items()]


def frame(number: int) -> bytes:
    return bytes.fromhex("0001000100010002") + number.to_bytes(2, "big")


def test_without_an_impairment_octets_pass_with_their_own_times() -> None:
    stand = Stand()
    stand.send(frame(1))
    assert b"".join(octets for _, octets in stand.received()) == frame(1)
    stand.endpoint.write(b"abc")
    stand.world.run_until(S)
    assert stand.meter.received == b"abc"


def test_a_packet_is_delayed_as_a_whole() -> None:
    stand = Stand(delay_ns=100 * MS)
    stand.send(frame(1) + frame(2))
    sent_ns = stand.world.now_ns
    stand.world.run_until(S)
    (first, _), (second, octets) = stand.received()
    assert second == sent_ns + 100 * MS
    assert second - first == len(frame(1)) * CHARACTER_NS
    assert octets == frame(2)


def test_what_is_no_frame_is_passed_on_after_a_silence() -> None:
    stand = Stand(delay_ns=100 * MS)
    stand.send(b"\x00\x01\x00")
    sent_ns = stand.world.now_ns
    stand.world.run_until(S)
    assert stand.received() == [(sent_ns + 120 * MS, b"\x00\x01\x00")]


def test_loss_and_copies_come_as_often_as_they_should() -> None:
    stand = Stand(loss_ppm=300_000, duplicate_ppm=200_000)
    for number in range(1000):
        stand.send(frame(number))
    stand.world.run_until(stand.world.now_ns + S)
    heard = b"".join(octets for _, octets in stand.received())
    numbers = [int.from_bytes(heard[at + 8 : at + 10], "big") for at in range(0, len(heard), 10)]
    assert 650 < len(set(numbers)) < 750
    assert 100 < len(numbers) - len(set(numbers)) < 180


def test_packets_overtake() -> None:
    stand = Stand(delay_ns=100 * MS, reorder_ppm=300_000)
    for number in range(50):
        stand.send(frame(number))
        stand.world.run_until(stand.world.now_ns + 20 * MS)
    stand.world.run_until(stand.world.now_ns + S)
    numbers = [int.from_bytes(octets[8:10], "big") for _, octets in stand.received()]
    assert sorted(numbers) == list(range(50))
    assert numbers != list(range(50))


def test_an_outage_lets_nothing_pass_in_neither_direction() -> None:
    stand = Stand(loss_ppm=1_000_000)
    stand.send(frame(1))
    stand.endpoint.write(b"abc")
    stand.world.run_until(10 * S)
    assert stand.received() == []
    assert stand.meter.received == b""


def test_the_rate_spaces_packets_and_slots_hold_them_back() -> None:
    slow = Stand(rate_bps=8_000)
    for number in range(3):
        slow.send(frame(number))
    slow.world.run_until(S)
    times = [at_ns for at_ns, _ in slow.received()]
    assert [late - early for early, late in pairwise(times)] == [10 * MS, 10 * MS]
    slotted = Stand(slot_min_ns=200 * MS, slot_max_ns=300 * MS)
    for number in range(20):
        slotted.send(frame(number))
        slotted.world.run_until(slotted.world.now_ns + 50 * MS)
    slotted.world.run_until(slotted.world.now_ns + S)
    times = [at_ns for at_ns, _ in slotted.received()]
    assert all(late - early >= 200 * MS for early, late in pairwise(times))


def test_a_restored_world_goes_on_with_the_same_packets() -> None:
    stand = Stand(seed=7, delay_ns=100 * MS, jitter_ns=50 * MS, loss_ppm=200_000, duplicate_ppm=200_000)
    stand.send(frame(1) + frame(2) + frame(3)[:5])
    snapshot = stand.world.snapshot()

    def rest() -> list[tuple[int, bytes]]:
        stand.send(frame(3)[5:] + frame(4))
        stand.world.run_until(stand.world.now_ns + S)
        return stand.received()

    once = rest()
    stand.world.restore(snapshot)
    assert rest() == once
    assert once
