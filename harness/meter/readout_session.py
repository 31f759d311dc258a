"""Reading a meter out at its optical port over a byte link: sign-on, acknowledgement, data block.

Times: IEC 62056-21 gives each side 1.5 s to answer and between two characters, and wants a pause before an answer
(``Identification.min_reaction_ns``) [recalled]. The speed is changed only on a link that can do it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.bench.clock import Clock
from harness.bench.errors import LinkTimeoutError
from harness.bench.link import ByteLink, SpeedLink
from harness.meter.optical import START_BAUD, Identification, encode_option_select
from harness.meter.readout import BlockReader, Readout
from harness.meter.sign_on import sign_on

VALUES = "0"
"""The acknowledgement's mode for the data readout; "6" to "9" ask for what the maker offers beside it."""
FRAMING = "7E1"
BITS_PER_CHARACTER = 10
SILENCE_NS = 1_500_000_000
"""Longest silence before the block and between its characters."""
SETTLING_NS = 20_000_000
"""After the acknowledgement's last stop bit, before this side changes its speed."""
LONGEST_BLOCK_NS = 600_000_000_000
"""A block of 16 KB at 300 baud takes nine minutes: whoever sends for longer does not end."""
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class MeterReadout:
    """Who answered and what it said."""

    identification: Identification
    readout: Readout


def read_out(link: ByteLink, clock: Clock, address: str = "", mode: str = VALUES) -> MeterReadout:
    """One whole readout. Raises CodecError for octets out of place, LinkTimeoutError for silence.

    A link that can change its speed does so as the meter offers and is back at 300 baud afterwards, whatever happens.
    """
    pending = begin_readout(link, clock, address, mode)
    pending.ask()
    return pending.finish()


@dataclass
class PendingReadout:
    """A readout whose meter has signed on: :meth:`ask` for the block within 1.5 s, then :meth:`finish` or give up."""

    link: ByteLink
    clock: Clock
    identification: Identification
    mode: str
    reader: BlockReader = field(default_factory=BlockReader)
    sending_ns: int = 0
    """How long this side's acknowledgement still takes."""

    def ask(self) -> None:
        """Acknowledge, at the speed the meter offers if the link can change to it."""
        link, offered = self.link, self.identification
        if not (isinstance(link, SpeedLink) and offered.baud_character.isdigit() and offered.baud is not None):
            select = encode_option_select(mode=self.mode)
            link.write(select)
            self.reader, self.sending_ns = BlockReader(echo=select), _time_ns(len(select))
            return
        select = encode_option_select(baud_character=offered.baud_character, mode=self.mode)
        link.write(select)
        self.clock.sleep_ns(_time_ns(len(select)) + SETTLING_NS)
        link.read(0)  # an echo of the acknowledgement, at the speed that now ends
        link.set_line(offered.baud, FRAMING)

    def finish(self) -> MeterReadout:
        """Receive the block."""
        try:
            readout = _receive(self.link, self.clock, self.reader, self.sending_ns)
        finally:
            self.give_up()
        # The next request must not come before the meter listens again.
        self.clock.sleep_ns(self.identification.min_reaction_ns)
        return MeterReadout(self.identification, readout)

    def give_up(self) -> None:
        """Back to the speed at which the next request is made."""
        if isinstance(self.link, SpeedLink):
            self.link.set_line(START_BAUD, FRAMING)


def begin_readout(link: ByteLink, clock: Clock, address: str = "", mode: str = VALUES) -> PendingReadout:
    """Sign on, and wait as long as the meter wants before it is asked for the block."""
    identification = sign_on(link, clock, address).identification
    clock.sleep_ns(identification.min_reaction_ns)
    return PendingReadout(link, clock, identification, mode)


def _time_ns(characters: int) -> int:
    return characters * BITS_PER_CHARACTER * _NS_PER_S // START_BAUD


def _receive(link: ByteLink, clock: Clock, reader: BlockReader, sending_ns: int) -> Readout:
    """The block that follows what is still being sent for ``sending_ns``."""
    ends_ns = clock.now_ns() + LONGEST_BLOCK_NS
    silent_ns = sending_ns + SILENCE_NS
    while clock.now_ns() < ends_ns:
        received = link.read(silent_ns)
        if not received:
            break
        for chunk in received:
            readout = reader.feed(chunk.data)
            if readout is not None:
                return readout
        silent_ns = SILENCE_NS
    got = reader.received
    raise LinkTimeoutError(
        f"optical port: expected a whole data block, found {len(got)} octet(s) ({got[-24:]!r} last) and then silence "
        f"for {silent_ns / 1e9:g} s; check that the head is seated and that the meter offers a data readout (mode C)"
    )
