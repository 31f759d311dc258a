"""What a client may do to a served bench: several at once, garbage, half lines, leaving midway, not reading."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.bench.clock import WallClock
from harness.instruments.infiniivision import InfiniiVision
from tests.serve.served import Served, ask, is_closed, read_exactly, read_line, serving

SIGN_ON = b"/?!\r\n"
POINTS = 500_000
REFUSED = b'invalid command name "nonsense"\x1a'
VERSION = b"0 {Open On-Chip Debugger 0.12.0}\x1a"


@pytest.fixture(scope="module")
def served(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with serving(tmp_path_factory.mktemp("served"), image) as running:
        yield running


@pytest.fixture
def scope(served: Served) -> Generator[socket.socket]:
    with served.instrument("scope") as connection:
        connection.sendall(b"*CLS\n")
        yield connection


def no_error(connection: socket.socket) -> None:
    assert ask(connection, "SYSTem:ERRor?").startswith("+0,")


def arm_forced(connection: socket.socket) -> None:
    """A short acquisition of an unmoving net: ``POINTS`` codes, triggered by force."""
    commands = (
        "*RST;:STOP;:CHAN1:RANG 6.6;:CHAN1:OFFS 1.65;:TIM:RANG 0.005;:TRIG:SWE AUTO;"
        f":WAV:SOUR CHAN1;:WAV:FORM BYTE;:WAV:POIN:MODE RAW;:WAV:POIN {POINTS};:SING"
    )
    connection.sendall(commands.encode() + b"\n")
    while int(ask(connection, ":OPER:COND?")) & 8:
        pass
    no_error(connection)


def test_each_client_gets_its_own_answers(served: Served) -> None:
    with served.instrument("scope") as one, served.instrument("scope") as two, served.instrument("relay") as three:
        for connection, text in ((one, b"*ID"), (two, b"SYST"), (three, b"*IDN?\n*IDN?\n")):
            connection.sendall(text)
        two.sendall(b"em:ERRor?\r\n")
        one.sendall(b"N?\n")
        assert read_line(one).startswith("KEYSIGHT TECHNOLOGIES,MSO-X 3014T")
        assert read_line(two).startswith("+")
        assert read_line(three) == read_line(three) != ""


def test_a_message_ends_as_the_instrument_has_it(served: Served) -> None:
    """OpenOCD's commands and answers end with 1A hexadecimal; a newline is an octet like any other."""
    with served.instrument("debug_probe") as one, served.instrument("debug_probe") as two:
        one.sendall(b"list [catch {vers")
        two.sendall(b"nonsense\n\x1a")
        assert read_exactly(two, len(REFUSED)) == REFUSED
        one.sendall(b"ion} said] $said\x1alist [catch {version} said] $said\x1a")
        assert read_exactly(one, 2 * len(VERSION)) == 2 * VERSION


def test_settings_and_errors_are_the_instruments_own(served: Served, scope: socket.socket) -> None:
    with served.instrument("scope") as other:
        scope.sendall(b":CHAN1:OFFS 0.5\n:NONSENSE 1\n")
        assert float(ask(scope, ":CHAN1:OFFS?")) == 0.5
        assert float(ask(other, ":CHAN1:OFFS?")) == 0.5
        assert ask(other, "SYSTem:ERRor?").startswith("-113,")
        no_error(scope)


def test_a_whole_waveform_arrives_through_pyvisa_py(served: Served, scope: socket.socket) -> None:
    """With newline bytes in the block: the level is placed so that the noise goes through code 10."""
    arm_forced(scope)
    resources = pyvisa.ResourceManager("@py")
    resource = resources.open_resource(served.bench.instrument("scope").resource)
    assert isinstance(resource, MessageBasedResource)
    driver = InfiniiVision(resource, WallClock())
    whole_screen_V, codes = 6.6, 199
    below_centre_V = (128 - 10) * whole_screen_V / codes
    driver.configure_channel(1, full_scale_V=whole_screen_V, offset_V=below_centre_V)
    scope.sendall(b":SING\n")
    assert driver.wait_acquired(1_000_000_000)
    samples = driver.read_waveform(1).samples
    resource.close()
    assert len(samples) == POINTS
    assert 1000 < (samples == ord("\n")).sum() < POINTS
    scope.sendall(b":WAV:DATA?\n")
    header = read_exactly(scope, 10)
    assert header == b"#8" + b"%08d" % POINTS
    assert read_exactly(scope, POINTS + 1) == samples.tobytes() + b"\n"


def test_garbage_is_answered_by_the_error_queue(scope: socket.socket) -> None:
    scope.sendall(bytes(range(11, 256)) + b"\n\n\n;;\n")
    assert ask(scope, "SYSTem:ERRor?").startswith("-1")
    scope.sendall(b"*CLS\n")
    no_error(scope)


def test_an_endless_line_is_an_overrun_before_it_ends_and_costs_no_memory(served: Served, scope: socket.socket) -> None:
    with served.instrument("scope") as endless:
        for _ in range(64):
            endless.sendall(b"A" * 65_536)
        deadline_s = time.monotonic() + 30
        while not ask(scope, "SYSTem:ERRor?").startswith("-363,"):
            assert time.monotonic() < deadline_s
        no_error(scope)
        endless.sendall(b"\n*IDN?\n")
        assert read_line(endless).startswith("KEYSIGHT")
        no_error(scope)


def test_half_a_line_of_who_left_is_no_command(served: Served, scope: socket.socket) -> None:
    scope.sendall(b":CHAN1:OFFS 0.25\n")
    with served.instrument("scope") as other:
        other.sendall(b":CHAN1:OFFS 1.25")
    for _ in range(10):
        assert float(ask(scope, ":CHAN1:OFFS?")) == 0.25
    no_error(scope)


def test_who_does_not_read_stalls_nobody(served: Served, scope: socket.socket) -> None:
    arm_forced(scope)
    with served.instrument("scope") as lazy:
        lazy.sendall(b":WAV:DATA?\n" * 40 + b":CHAN1:OFFS 3.5\n")
        for _ in range(20):
            began_s = time.monotonic()
            assert ask(scope, "*IDN?").startswith("KEYSIGHT")
            assert time.monotonic() - began_s < 2
        assert float(ask(scope, ":CHAN1:OFFS?")) == 1.65, "its later commands wait until it reads"
        for _ in range(40):
            assert read_exactly(lazy, POINTS + 11)[:2] == b"#8"
        while float(ask(scope, ":CHAN1:OFFS?")) != 3.5:
            pass


def test_leaving_in_the_middle_of_a_block_is_harmless(served: Served, scope: socket.socket) -> None:
    arm_forced(scope)
    for _ in range(5):
        with served.instrument("scope") as other:
            other.sendall(b":WAV:DATA?\n:WAV:DATA?\n")
            read_exactly(other, 5000)
            # Linger 0: the connection is reset, not closed.
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    assert ask(scope, "*IDN?").startswith("KEYSIGHT")


def test_who_waits_for_ever_gives_way_when_it_leaves(served: Served, scope: socket.socket) -> None:
    """:DIGitize without a trigger blocks the instrument; a raw socket has no device clear, closing it is one."""
    scope.sendall(b"*RST;:STOP;:TRIG:SWE NORM;:TRIG:EDGE:LEV 1.65\n")
    no_error(scope)
    with served.instrument("scope") as blocker:
        assert ask(blocker, "*IDN?")  # it is let in
        blocker.sendall(b":DIG CHAN1;*OPC?\n")
        scope.sendall(b"*IDN?\n")
        scope.settimeout(0.3)
        with pytest.raises(TimeoutError):
            scope.recv(1)
    scope.settimeout(5)
    assert read_line(scope).startswith("KEYSIGHT")


def test_a_relay_answers_when_it_has_settled(served: Served) -> None:
    with served.instrument("relay") as relay:
        assert ask(relay, "*RST;*OPC?") == "1"
        for _ in range(3):
            began_s = time.monotonic()
            assert ask(relay, "ROUT:CLOS (@105);*OPC?") == "1"
            assert time.monotonic() - began_s >= 0.0083
            assert ask(relay, "ROUT:CLOS? (@105)") == "1"
            assert ask(relay, "ROUT:OPEN (@105);*OPC?") == "1"


def test_the_fifth_client_of_an_instrument_is_refused(served: Served) -> None:
    taken = [served.instrument("relay") for _ in range(4)]
    try:
        for connection in taken:
            assert ask(connection, "*IDN?")
        with served.instrument("relay") as fifth:
            assert is_closed(fifth)
        taken.pop().close()
        with served.instrument("relay") as again:
            assert ask(again, "*IDN?")
    finally:
        for connection in taken:
            connection.close()


def test_the_optical_port_signs_on_at_its_own_rate(served: Served) -> None:
    began_s = time.monotonic()
    with served.link("optical") as optical:
        optical.sendall(SIGN_ON)
        assert read_line(optical) == "/TBR5TBREF-01\r"
    # 5 characters there and 15 back of 10 bits each at 300 baud.
    assert time.monotonic() - began_s >= 20 * 10 / 300 - 0.05


def test_a_link_has_one_client_and_is_free_at_once_when_it_leaves(served: Served) -> None:
    first = served.link("modem")
    # The server finds the leaving and the coming in one look.
    served.process.send_signal(signal.SIGSTOP)
    first.close()
    again = served.link("modem", 0.5)
    served.process.send_signal(signal.SIGCONT)
    assert not is_closed(again)
    again.close()
    with served.link("optical", 0.5) as first, served.link("optical") as second:
        assert is_closed(second)
        assert not is_closed(first)
        first.settimeout(5)
        first.sendall(SIGN_ON)
        assert read_line(first).startswith("/TBR5")


def test_a_flood_on_a_slow_line_is_held_up_not_kept(served: Served) -> None:
    with served.link("modem", 0.5) as modem, pytest.raises(TimeoutError):
        modem.sendall(bytes(100_000_000))
    with served.instrument("relay") as relay:
        assert ask(relay, "*IDN?")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_with_clients_there(image: Path, tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path, image, "--seed", 7) as own, own.instrument("scope") as client, own.link("modem"):
        assert ask(client, "*IDN?")
        status, farewell = own.end(how)
        assert status == 0
        assert "largest lag" in farewell
        assert is_closed(client)


def test_what_is_announced_is_what_the_bench_file_says(served: Served) -> None:
    file = served.bench
    said = {role: entry.resource for role, entry in file.instruments.items()}
    said |= {name: link.address for name, link in file.links.items()}
    words = {line.split()[0]: line.split()[1] for line in served.announced[: len(said)]}
    assert words == said
    assert {"scope", "relay", "modem", "optical"} <= words.keys()
    assert all("127.0.0.1" in address for address in words.values())
    assert not any("warning" in line for line in served.announced)
