"""The loop of a served bench: one thread, one selector, the world level with the wall (rule in ``pacing``)."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Sequence

from harness.emulation.serve.connection import Connection
from harness.emulation.serve.pacing import Pacer
from harness.emulation.serve.ports import Port
from harness.emulation.world import World

WAITING_STEP_NS = 200_000
"""Step of the world while the end of an operation is awaited, whose instant the loop can't know."""


def advance(world: World, ports: Sequence[Port], target_ns: int) -> None:
    """Run the world to ``target_ns``; what is due at a port on the way happens at its own instant."""
    while True:
        due = [(at_ns, index) for index, port in enumerate(ports) if (at_ns := port.due_ns()) is not None]
        at_ns, index = min(due, default=(target_ns + 1, -1))
        if at_ns <= target_ns:
            _run_world(world, ports, at_ns)
            if world.now_ns >= at_ns and ports[index].due_ns() == at_ns:
                ports[index].act()
        elif world.now_ns < target_ns:
            _run_world(world, ports, target_ns)
        else:
            return


def _run_world(world: World, ports: Sequence[Port], until_ns: int) -> None:
    """One step of the world, a short one if something is awaited."""
    if any(port.waits() for port in ports):
        until_ns = min(until_ns, world.now_ns + WAITING_STEP_NS)
    # The processor stops at the first instruction boundary, which may lie a little behind what was asked for.
    if until_ns > world.now_ns:
        world.run_until(until_ns)
    for port in ports:
        port.settle()


class Server:
    """Ports with their listening sockets, in one world."""

    def __init__(self, world: World, pacer: Pacer, ports: Sequence[tuple[Port, socket.socket]]) -> None:
        self._world = world
        self._pacer = pacer
        self._ports = [port for port, _ in ports]
        # epoll rounds its time-out up to whole milliseconds, more than an instrument's latency; select does not.
        self._selector = selectors.SelectSelector()
        self._registered: dict[Connection, int] = {}
        self._listeners = [listener for _, listener in ports]
        for port, listener in ports:
            self._selector.register(listener, selectors.EVENT_READ, (port, None))

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until ``stopped()``, which is asked at every step."""
        while not stopped():
            due = [at_ns for port in self._ports if (at_ns := port.due_ns()) is not None]
            events = self._selector.select(self._pacer.wait_s(min(due, default=None)))
            for key, mask in events:
                port, connection = key.data
                if connection is None:
                    self._accept(port, key.fileobj)
                elif not connection.ended:
                    self._transfer(port, connection, mask)
            advance(self._world, self._ports, self._pacer.due_now_ns())
            self._watch()

    def close(self) -> None:
        """Close every socket."""
        for port in self._ports:
            for connection in port.connections():
                connection.close()
        for listener in self._listeners:
            listener.close()
        self._selector.close()

    def _accept(self, port: Port, listener: object) -> None:
        if not isinstance(listener, socket.socket):
            raise TypeError(f"port {port.name}: {listener!r} is no listening socket")
        # That a client left must be known before it is let in again, or it would find its own place taken.
        for connection in port.connections():
            self._transfer(port, connection, selectors.EVENT_READ)
        self._watch()
        try:
            accepted, address = listener.accept()
        except OSError:
            return  # the client gave up before it was let in
        connection = Connection(accepted, f"{address[0]}:{address[1]}")
        if not port.connect(connection):
            connection.close()

    def _transfer(self, port: Port, connection: Connection, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            connection.flush()
        if mask & selectors.EVENT_READ and not connection.ended:
            data, utc_ns = connection.receive()
            if data:
                port.received(connection, data, self._pacer.arrival_ns(utc_ns))

    def _watch(self) -> None:
        """Forget who has gone; watch the others for what they may do next."""
        for port in self._ports:
            for connection in port.connections():
                if connection.ended:
                    port.drop(connection)
                    self._register(port, connection, 0)
                    connection.close()
                    continue
                wanted = selectors.EVENT_READ if port.wants_input(connection) else 0
                wanted |= selectors.EVENT_WRITE if connection.unsent else 0
                self._register(port, connection, wanted)

    def _register(self, port: Port, connection: Connection, wanted: int) -> None:
        before = self._registered.get(connection, 0)
        if wanted == before:
            return
        if not before:
            self._selector.register(connection.socket, wanted, (port, connection))
        elif not wanted:
            self._selector.unregister(connection.socket)
        else:
            self._selector.modify(connection.socket, wanted, (port, connection))
        if wanted:
            self._registered[connection] = wanted
        else:
            self._registered.pop(connection, None)
