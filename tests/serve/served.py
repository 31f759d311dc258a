"""A served bench in a process of its own, and the addresses it gave."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.bench.files import BenchFile, load_bench_file
from tests.system.commands import start

READY = "serving"
END_TIMEOUT_S = 10


@dataclass
class Served:
    """A running ``tamperbench serve``."""

    process: subprocess.Popen[str]
    bench_path: Path
    announced: list[str]

    @property
    def bench(self) -> BenchFile:
        return load_bench_file(self.bench_path)

    def instrument(self, role: str, timeout_s: float = 5) -> socket.socket:
        """A plain socket to an instrument."""
        _, host, port, _ = self.bench.instrument(role).resource.split("::")
        return socket.create_connection((host, int(port)), timeout_s)

    def link(self, name: str, timeout_s: float = 5) -> socket.socket:
        """A plain socket to a link."""
        host, _, port = self.bench.link(name).address.removeprefix("tcp://").rpartition(":")
        return socket.create_connection((host, int(port)), timeout_s)

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; gives its exit status and what it still said."""
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=END_TIMEOUT_S)
        return self.process.returncode, out


@contextmanager
def serving(folder: Path, image: Path, *arguments: object) -> Generator[Served]:
    """Serve until the context is left."""
    bench_path = folder / "served.toml"
    # If the tests are killed, nobody ends the server: then it does so by itself.
    options = ("--image", image, "--write-bench", bench_path, "--for", "400 s")
    process = start("serve", *options, *arguments, cwd=folder)
    try:
        announced: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            announced.append(line.rstrip("\n"))
            if line.startswith(READY):
                break
        assert process.poll() is None, "\n".join(announced)
        yield Served(process, bench_path, announced)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=END_TIMEOUT_S)


def ask(connection: socket.socket, text: str) -> str:
    """One query over a plain socket."""
    connection.sendall(text.encode() + b"\n")
    return read_line(connection)


def read_line(connection: socket.socket) -> str:
    """One line of an answer."""
    line = b""
    while not line.endswith(b"\n"):
        data = connection.recv(1)
        assert data, f"closed after {line!r}"
        line += data
    return line[:-1].decode()


def read_exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes."""
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        assert part, f"closed after {len(data)} bytes"
        data += part
    return bytes(data)


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection, within the socket's time-out."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False
