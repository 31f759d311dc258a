"""Serving an emulated bench from its files to the last closed socket: what ``tamperbench serve`` does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

from harness.bench.clock import Clock, WallClock
from harness.bench.errors import BenchFileError
from harness.bench.files import BenchFile, MeterFile, read_image
from harness.emulation.bench import BOOT_NS, EmulatedBench
from harness.emulation.instruments.message_instrument import MessageInstrument
from harness.emulation.serve.bench_file import served_bench, write_bench_file
from harness.emulation.serve.errors import ListenError, ServeError
from harness.emulation.serve.instrument_port import InstrumentPort
from harness.emulation.serve.link_port import LinkPort
from harness.emulation.serve.pacing import LAG_NS, Lag, Pacer
from harness.emulation.serve.ports import Port, listen
from harness.emulation.serve.server import Server

NS_PER_S = 1_000_000_000
PORT_MAX = 65_535


@dataclass(frozen=True)
class ServeRequest:
    """What is to be served, and where."""

    bench: BenchFile
    meter: MeterFile
    image: Path
    symbols: Path | None
    seed: int
    host: str = "127.0.0.1"
    port_base: int = 0
    """Port of the first instrument, the others follow in the bench file's order; 0: the system chooses each."""
    write_bench: Path | None = None
    duration_ns: int | None = None


def serve(request: ServeRequest, tell: Callable[[str], None]) -> None:
    """Serve until SIGINT, SIGTERM or the end of ``duration_ns``; raises BenchError if it can't be served."""
    clock = WallClock()
    with _asked_to_stop() as asked, ExitStack() as stack:
        bench, epoch_utc_ns = open_bench_of_now(request, clock)
        stack.callback(bench.close)
        ports, addresses = _open_ports(request, bench, stack)
        pacer = Pacer(bench.world, clock, epoch_utc_ns)
        server = Server(bench.world, pacer, ports)
        stack.callback(server.close)
        if request.write_bench is not None:
            write_bench_file(served_bench(request.bench, addresses, clock.utc_ns()), request.write_bench)
        for line in _announcement(request, addresses):
            tell(line)
        began_ns = clock.now_ns()
        end_ns = None if request.duration_ns is None else began_ns + request.duration_ns
        server.run(lambda: asked() or (end_ns is not None and clock.now_ns() >= end_ns))
        tell(_farewell(clock.now_ns() - began_ns, pacer.lag))
        for port, _ in ports:
            if summary := port.summary():
                tell(f"{port.name}: {summary}")


def open_bench_of_now(request: ServeRequest, clock: Clock) -> tuple[EmulatedBench, int]:
    """The emulated bench, booted, with the UTC (ns) of its world's zero such that its world is at the wall's now."""
    if request.bench.bench.kind != "emulated":
        raise BenchFileError(
            f"bench {request.bench.bench.name!r} is of kind {request.bench.bench.kind!r}: its instruments are served "
            "by themselves; give a bench file of kind 'emulated'"
        )
    # The world has to boot the meter before it meets the wall, and its zero is a whole second.
    epoch_s = (clock.utc_ns() - BOOT_NS) // NS_PER_S
    section = request.bench.bench.model_copy(update={"epoch": datetime.fromtimestamp(epoch_s, UTC)})
    file = request.bench.model_copy(update={"bench": section})
    image = read_image(request.image)
    bench = EmulatedBench(file, request.meter, image=image, symbols=request.symbols, seed=request.seed)
    return bench, epoch_s * NS_PER_S


def _open_ports(
    request: ServeRequest, bench: EmulatedBench, stack: ExitStack
) -> tuple[list[tuple[Port, socket.socket]], dict[str, str]]:
    names = [*request.bench.instruments, *request.bench.links]
    if request.port_base and request.port_base + len(names) - 1 > PORT_MAX:
        raise ListenError(f"--port-base {request.port_base}: {len(names)} ports from there go beyond {PORT_MAX}")
    shown = _address_for_clients(request.host)
    ports: list[tuple[Port, socket.socket]] = []
    addresses: dict[str, str] = {}
    for offset, name in enumerate(names):
        listener = listen(request.host, request.port_base + offset if request.port_base else 0, name)
        stack.callback(listener.close)
        number = listener.getsockname()[1]
        if name in request.bench.instruments:
            instrument = bench.world.component(name)
            if not isinstance(instrument, MessageInstrument):
                raise ServeError(
                    f"{name!r} is at {request.bench.instruments[name].resource!r}, and only instruments that take "
                    "messages over VISA can be served on a socket; use a bench file without it, or with such a driver"
                )
            ports.append((InstrumentPort(name, bench.world, instrument), listener))
            addresses[name] = f"TCPIP0::{shown}::{number}::SOCKET"
        else:
            ports.append((LinkPort(name, bench.endpoint(name)), listener))
            addresses[name] = f"tcp://{shown}:{number}"
    return ports, addresses


def _announcement(request: ServeRequest, addresses: dict[str, str]) -> list[str]:
    width = max(map(len, addresses))
    lines = [f"{name:<{width}}  {address}" for name, address in addresses.items()]
    if not _is_loopback(request.host):
        lines.append(
            f"warning: {request.host} is reachable from other machines, and there is no password: whoever can reach "
            "these ports works the bench"
        )
    if request.write_bench is not None:
        lines.append(f"bench file {request.write_bench}: tamperbench certify --bench {request.write_bench}")
    until = "" if request.duration_ns is None else f" for {request.duration_ns / NS_PER_S:g} s"
    return [*lines, f"serving{until}, paced by wall time; Ctrl-C ends it"]


def _farewell(duration_ns: int, lag: Lag) -> str:
    return (
        f"served {duration_ns / NS_PER_S:.1f} s; largest lag {lag.largest_ns / 1e6:.0f} ms, "
        f"{lag.times} times more than {LAG_NS / 1e6:.0f} ms"
    )


def _address_for_clients(host: str) -> str:
    """What a client connects to; 0.0.0.0 means every address of this machine, so its name stands for it."""
    return socket.gethostname() if host in ("", "0.0.0.0") else host  # noqa: S104 - compared, not bound


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _asked_to_stop() -> Generator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came. A flag, since an exception must not fly through the processor's call-backs."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
