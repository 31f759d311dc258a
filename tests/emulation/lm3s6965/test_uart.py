"""UARTs: exact rates, FIFOs and their interrupts, errors on the line."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.nets import Net
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from tests.emulation.lm3s6965.rig import GPIOA, GPIOD, UART0, UART1, Rig

IRQ1 = 6
DR, RSR, FR, IBRD, FBRD, LCRH, CTL, IFLS, IM, RIS, MIS, ICR = (
    0x00, 0x04, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x40, 0x44,
)  # fmt: skip
FIFO_8N1, PLAIN_8N1, FIFO_7E1 = 0x70, 0x60, 0x56
ON = 0x301


def modem_rig(lcrh: int = FIFO_8N1, divisor: tuple[int, int] = (8, 44), **errors: int) -> tuple[Rig, SerialEndpoint]:
    """UART1 at 115200 8N1 with an endpoint: BRD = 16e6 / (16 x 115200) = 8.6806 = 8 + 44/64 (data sheet example)."""
    rig = Rig(**errors)
    rig.write(GPIOD + 0x420, 0x0C)
    rig.write(GPIOD + 0x51C, 0x0C)
    rig.write(UART1 + IBRD, divisor[0])
    rig.write(UART1 + FBRD, divisor[1])
    rig.write(UART1 + LCRH, lcrh)
    rig.write(UART1 + CTL, ON)
    end = SerialEndpoint(rig.world, "far end", topic="modem", baud=115_200, framing="8N1")
    rig.mcu.uarts[1].link, end.meter = end, rig.mcu.uarts[1]
    rig.mcu.uarts[1].tx_net = Net(rig.world, "MODEM_TX", level=True)
    return rig, end


def test_character_time_is_ten_bits_of_the_divisor() -> None:
    rig, end = modem_rig()
    start_ns = rig.world.now_ns
    rig.write(UART1 + DR, 0x55)
    rig.wait(1_000_000)
    # One bit = (64 x 8 + 44) / 4 = 139 clocks of 62.5 ns, so 86.875 us per character (115108 baud).
    assert end.take() == [(start_ns + 86_875, 0x55)]


def test_core_clock_error_is_in_the_bit_time() -> None:
    rig, end = modem_rig(core_ppb=50_000)
    rig.write(UART1 + DR, 0x55)
    rig.wait(1_000_000)
    assert end.take()[0][0] == 86_875 + 4  # 50 ppm of 86.875 us is 4.3 ns


def test_characters_follow_without_gap_and_the_net_shows_them() -> None:
    rig, end = modem_rig()
    for byte in b"\x00\xff\x55":
        rig.write(UART1 + DR, byte)
    rig.wait(1_000_000)
    assert end.take() == [(86_875, 0x00), (173_750, 0xFF), (260_625, 0x55)]
    net = rig.mcu.uarts[1].tx_net
    assert net is not None
    _, edges = net.edges_between(0, 1_000_000)
    # 00: low for 9 bits, high for 1; FF: low for 1, high for 9; 55: alternating from its start bit.
    bit = 8_687.5
    places = [0, 9, 10, 11] + [20 + index for index in range(10)]
    assert edges == [int(bit * place) for place in places]


def test_divisor_counts_only_after_a_write_of_line_control() -> None:
    rig, end = modem_rig()
    rig.write(UART1 + IBRD, 100)
    rig.write(UART1 + DR, 0x41)
    rig.wait(1_000_000)
    assert end.take() == [(86_875, 0x41)]


def test_transmit_interrupt_comes_when_the_fifo_drains_through_its_level() -> None:
    rig, _ = modem_rig()
    rig.write(UART1 + IFLS, 0)  # 2 of 16
    rig.write(UART1 + IM, 0x20)
    rig.write(UART1 + DR, 1)
    rig.write(UART1 + DR, 2)
    rig.wait(500_000)
    assert not rig.line(IRQ1)  # never was above the level
    for byte in range(5):
        rig.write(UART1 + DR, byte)  # one goes straight into the shifter, four wait
    rig.wait(86_875 + 10)
    assert not rig.line(IRQ1)
    rig.wait(86_875)
    assert rig.line(IRQ1)
    rig.write(UART1 + ICR, 0x20)
    assert not rig.line(IRQ1)


def test_full_fifo_flags_and_lost_character() -> None:
    rig, end = modem_rig()
    for byte in range(18):
        rig.write(UART1 + DR, byte)
    assert rig.read(UART1 + FR) & 0x28 == 0x28  # TXFF and BUSY
    rig.wait(3_000_000)
    assert [byte for _, byte in end.take()] == list(range(17))  # shifter and 16; the last found no room
    assert rig.read(UART1 + FR) == 0x90


def test_receive_level_and_time_out() -> None:
    rig, end = modem_rig()
    rig.write(UART1 + IFLS, 0x08)  # receive at 4 of 16
    rig.write(UART1 + IM, 0x50)
    end.write(b"abc")
    rig.wait(3 * 86_805 + 10)
    assert not rig.line(IRQ1)
    rig.wait(32 * 8_688 - 100)
    assert not rig.line(IRQ1)
    rig.wait(200)
    assert rig.read(UART1 + MIS) == 0x40
    assert [rig.read(UART1 + DR) for _ in range(3)] == [0x61, 0x62, 0x63]
    assert not rig.line(IRQ1)  # emptying takes the time-out back
    end.write(b"defg")
    rig.wait(4 * 86_805 + 10)
    assert rig.read(UART1 + MIS) == 0x10
    rig.read(UART1 + DR)
    assert not rig.line(IRQ1)


@pytest.mark.parametrize(("select", "level"), [(0, 2), (1, 4), (2, 8), (3, 12), (4, 14)])
def test_levels_are_eighths_of_sixteen(select: int, level: int) -> None:
    """PL011: 1/8, 1/4, 1/2, 3/4 and 7/8 full, for both FIFOs."""
    rig, end = modem_rig()
    rig.write(UART1 + IFLS, select << 3 | select)
    rig.write(UART1 + IM, 0x10)
    end.write(bytes(level))
    rig.wait((level - 1) * 86_805 + 10)
    assert not rig.line(IRQ1)
    rig.wait(86_805)
    assert rig.line(IRQ1)
    rig.write(UART1 + IM, 0x20)
    for byte in range(level + 2):
        rig.write(UART1 + DR, byte)  # one goes straight into the shifter, the level and one more wait
    rig.wait(86_000)
    assert not rig.line(IRQ1)
    rig.wait(1_000)
    assert rig.line(IRQ1)


def test_reading_an_empty_fifo_is_refused() -> None:
    rig, _ = modem_rig()
    with pytest.raises(NotModelledError, match="RXFE"):
        rig.read(UART1 + DR)


def test_overrun_keeps_what_was_there_and_marks_the_next() -> None:
    rig, end = modem_rig()
    end.write(bytes(range(18)))
    rig.wait(18 * 86_806)
    assert rig.read(UART1 + RIS) & 0x400
    got = [rig.read(UART1 + DR) for _ in range(16)]
    assert got == list(range(16))
    end.write(b"z")
    rig.wait(100_000)
    assert rig.read(UART1 + DR) == 0x800 | ord("z")


@pytest.mark.parametrize(
    ("baud", "error"), [(115_200, 0), (119_500, 0), (110_900, 0), (120_500, 0x100), (57_600, 0x100)]
)
def test_framing_error_beyond_four_percent(baud: int, error: int) -> None:
    rig, end = modem_rig()
    end.set_line(baud, "8N1")
    end.write(b"U")
    rig.wait(1_000_000)
    assert rig.read(UART1 + DR) & 0x100 == error


def test_parity_error_and_seven_bits() -> None:
    rig, end = modem_rig(lcrh=FIFO_7E1)
    end.set_line(115_200, "7E1")
    end.write(b"/?!")
    rig.wait(400_000)
    assert bytes(rig.read(UART1 + DR) for _ in range(3)) == b"/?!"
    end.set_line(115_200, "7O1")
    end.write(b"/")
    rig.wait(200_000)
    assert rig.read(UART1 + DR) == 0x200 | ord("/")
    assert rig.read(UART1 + RIS) & 0x100


def test_without_fifo_one_character_is_held() -> None:
    rig, end = modem_rig(lcrh=PLAIN_8N1)
    rig.write(UART1 + IM, 0x10)
    end.write(b"a")
    rig.wait(100_000)
    assert rig.line(IRQ1)
    assert rig.read(UART1 + FR) & 0x40


def test_300_baud_optical_port() -> None:
    rig = Rig()
    rig.write(GPIOA + 0x420, 3)
    rig.write(GPIOA + 0x51C, 3)
    rig.write(UART0 + IBRD, 3333)  # 16e6 / (16 x 300) = 3333.33 = 3333 + 21/64
    rig.write(UART0 + FBRD, 21)
    rig.write(UART0 + LCRH, FIFO_7E1)
    rig.write(UART0 + CTL, ON)
    end = SerialEndpoint(rig.world, "head", topic="optical", baud=300, framing="7E1")
    rig.mcu.uarts[0].link = end
    rig.write(UART0 + DR, ord("/"))
    rig.wait(40_000_000)
    ((at_ns, byte),) = end.take()
    assert byte == ord("/")
    assert abs(at_ns - 33_333_333) < 2_000


def test_pin_not_given_to_the_uart_is_named() -> None:
    rig, _ = modem_rig()
    rig.write(GPIOD + 0x420, 0)
    with pytest.raises(NotModelledError, match="PD3"):
        rig.write(UART1 + DR, 0)


def test_reset_cuts_the_character_on_the_wire() -> None:
    rig, end = modem_rig()
    rig.write(UART1 + DR, 0x00)
    rig.wait(40_000)
    rig.mcu.reset(0x08)
    rig.wait(1_000_000)
    assert end.take() == []
    net = rig.mcu.uarts[1].tx_net
    assert net is not None
    assert net.edges_between(0, 1_000_000)[1] == [0, 40_000]
