"""The emulated bench as a PyVISA library object: what a driver or a user's script opens instead of a real VISA.

``EmulatedVisaLibrary.for_bench(label, world, {resource name: instrument})`` is given to
``pyvisa.ResourceManager``. Transfers and time-outs pass in the world's virtual time; every status goes through
PyVISA's own ``handle_return_value``. Rule numbers are those of VPP-4.3 revision 7.2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, cast

from pyvisa import constants, rname
from pyvisa.constants import EventType, StatusCode
from pyvisa.highlevel import VisaLibraryBase
from pyvisa.typing import VISAEventContext, VISARMSession, VISASession
from pyvisa.util import LibraryPath

from harness.emulation.errors import WorldError
from harness.emulation.instruments.message_instrument import MessageInstrument, output_topic, service_topic
from harness.emulation.instruments.visa_session import Link, Lock
from harness.emulation.world import World

MANAGER_HANDLE = VISARMSession(1)
FOREVER_NS = 600_000_000_000
"""What an infinite time-out is here, in virtual time: a world in which nothing comes would never return."""


class EmulatedVisaLibrary(VisaLibraryBase):
    """One bench's VISA. Handles come from a counter, so they are the same in every run."""

    _world: World
    _instruments: dict[str, MessageInstrument]
    _links: dict[int, Link]
    _locks: dict[str, Lock]
    _event_contexts: set[int]
    _last_handle: int

    @classmethod
    def for_bench(cls, label: str, world: World, instruments: Mapping[str, MessageInstrument]) -> EmulatedVisaLibrary:
        """A library of its own for one bench; ``label`` is what PyVISA's logs call it."""
        path = LibraryPath(label, "emulated bench")
        library = cast(EmulatedVisaLibrary, VisaLibraryBase.__new__(cls, path))
        # PyVISA keeps one library per class and path; two benches must never meet in one, whatever their labels.
        cls._registry.pop((cls, path), None)
        library._world = world
        library._instruments = {}
        for name, instrument in instruments.items():
            canonical = _canonical(name)
            if canonical is None:
                raise WorldError(
                    f"{name!r} is no VISA resource name; expected for instance TCPIP0::scope::inst0::INSTR"
                )
            if canonical in library._instruments:
                raise WorldError(f"two instruments are at {canonical}; give each its own resource name")
            library._instruments[canonical] = instrument
        return library

    def _init(self) -> None:
        self._instruments = {}
        self._links = {}
        self._locks = {}
        self._event_contexts = set()
        self._last_handle = int(MANAGER_HANDLE)

    # Sessions.

    def open_default_resource_manager(self) -> tuple[VISARMSession, StatusCode]:
        """The one resource manager session of this bench."""
        return MANAGER_HANDLE, self.handle_return_value(MANAGER_HANDLE, StatusCode.success)

    def list_resources(self, session: VISARMSession, query: str = "?*::INSTR") -> tuple[str, ...]:
        """The bench's resource names that match a VISA resource expression."""
        self.handle_return_value(session, StatusCode.success)
        return rname.filter(sorted(self._instruments), query)

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: int = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Open a session to an instrument of this bench."""
        canonical = _canonical(resource_name)
        if canonical is None:
            self._fail(session, StatusCode.error_invalid_resource_name)
        instrument = self._instruments.get(canonical)
        if instrument is None:
            self._fail(session, StatusCode.error_resource_not_found)
        handle = self._next_handle()
        lock = self._locks.setdefault(canonical, Lock())
        link = Link(handle, session, canonical, instrument, lock)
        self._links[handle] = link
        opened = VISASession(handle)
        if access_mode == constants.AccessModes.exclusive_lock:
            try:
                self.lock(opened, constants.Lock.exclusive, open_timeout)
            except Exception:
                del self._links[handle]
                raise
        return opened, self.handle_return_value(opened, StatusCode.success)

    def close(self, session: VISASession | VISAEventContext | VISARMSession) -> StatusCode:
        """Close a session, an event context, or the resource manager with everything opened from it."""
        if session == MANAGER_HANDLE:
            for handle in list(self._links):
                self._forget(handle)
        elif session in self._event_contexts:
            self._event_contexts.discard(session)
        elif session in self._links:
            self._forget(session)
        else:
            return self.handle_return_value(None, StatusCode.error_invalid_object)
        return self.handle_return_value(None, StatusCode.success)

    # Transfers.

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Send bytes; with END after the last one where the session asserts it."""
        link = self._unlocked_link(session)
        instrument, world = link.instrument, self._world
        world.run_until(world.now_ns + instrument.latency_ns + instrument.byte_ns * len(data))
        instrument.write(bytes(data), end=link.send_end)
        return len(data), self.handle_return_value(session, StatusCode.success)

    def read(self, session: VISASession, count: int) -> tuple[bytes, StatusCode]:
        """Receive up to ``count`` bytes; waits in virtual time for the instrument, at most the session's time-out."""
        link = self._unlocked_link(session)
        instrument, world = link.instrument, self._world
        deadline_ns = world.now_ns + self._timeout_ns(link.timeout_ms)
        if not instrument.start_read() and not self._wait_for_output(instrument, deadline_ns):
            self._fail(session, StatusCode.error_timeout)
        ready_ns = world.now_ns
        if instrument.state.exchange.output_at == 0:
            ready_ns += instrument.latency_ns
            if ready_ns > deadline_ns:
                world.run_until(max(world.now_ns, deadline_ns))
                self._fail(session, StatusCode.error_timeout)
        wanted = count
        if link.termchar is not None:
            wanted = instrument.peek(count).find(link.termchar) + 1 or count
        data, end = instrument.read(wanted)
        world.run_until(ready_ns + instrument.byte_ns * len(data))
        if end and not link.suppress_end and not link.is_socket:
            # Rule 6.1.1, rule 6.1.4: the END indicator goes before everything else.
            return data, self.handle_return_value(session, StatusCode.success)
        if link.termchar is not None and data.endswith(link.termchar):
            # Rule 6.1.2, rule 6.1.5.
            return data, self.handle_return_value(session, StatusCode.success_termination_character_read)
        if len(data) < count:
            # A raw socket knows no END: without a termination character it waits for bytes that don't come.
            world.run_until(max(world.now_ns, deadline_ns))
            self._fail(session, StatusCode.error_timeout)
        # Rule 6.1.3.
        return data, self.handle_return_value(session, StatusCode.success_max_count_read)

    def read_stb(self, session: VISASession) -> tuple[int, StatusCode]:
        """Serial poll."""
        link = self._unlocked_link(session)
        if link.is_socket:
            self._fail(session, StatusCode.error_nonsupported_operation)
        self._world.run_until(self._world.now_ns + link.instrument.latency_ns)
        return link.instrument.serial_poll(), self.handle_return_value(session, StatusCode.success)

    def clear(self, session: VISASession) -> StatusCode:
        """Device clear. A raw socket has no such message: what has come but wasn't read is thrown away."""
        link = self._unlocked_link(session)
        if link.is_socket:
            link.instrument.discard_output()
        else:
            self._world.run_until(self._world.now_ns + link.instrument.latency_ns)
            link.instrument.device_clear()
        return self.handle_return_value(session, StatusCode.success)

    def assert_trigger(self, session: VISASession, protocol: constants.TriggerProtocol) -> StatusCode:
        """Group execute trigger."""
        link = self._unlocked_link(session)
        if link.is_socket or protocol != constants.TriggerProtocol.default:
            self._fail(session, StatusCode.error_nonsupported_operation)
        self._world.run_until(self._world.now_ns + link.instrument.latency_ns)
        link.instrument.trigger()
        return self.handle_return_value(session, StatusCode.success)

    def flush(self, session: VISASession, mask: constants.BufferOperation) -> StatusCode:
        """Nothing is buffered on this side of the wire, so there is nothing to flush."""
        self._link(session)
        return self.handle_return_value(session, StatusCode.success)

    def gpib_control_ren(self, session: VISASession, mode: constants.RENLineOperation) -> StatusCode:
        """Remote and local state: accepted, since no one stands at an emulated front panel."""
        self._unlocked_link(session)
        return self.handle_return_value(session, StatusCode.success)

    # Attributes.

    def get_attribute(
        self,
        session: VISASession | VISAEventContext | VISARMSession,
        attribute: constants.ResourceAttribute | constants.EventAttribute,
    ) -> tuple[Any, StatusCode]:
        """One attribute of a session."""
        if session == MANAGER_HANDLE or session in self._event_contexts:
            self._fail(session, StatusCode.error_nonsupported_attribute)
        value, status = self._link(session).get(attribute)
        return value, self.handle_return_value(session, status)

    def set_attribute(
        self, session: VISASession, attribute: constants.ResourceAttribute, attribute_state: Any
    ) -> StatusCode:
        """Set one attribute of a session."""
        return self.handle_return_value(session, self._link(session).set(attribute, attribute_state))

    # Locks.

    def lock(
        self, session: VISASession, lock_type: constants.Lock, timeout: int, requested_key: str | None = None
    ) -> tuple[str, StatusCode]:
        """Lock the instrument for this session, or share it by a key."""
        link = self._link(session)
        lock, handle = link.lock, link.handle
        shares = lock_type == constants.Lock.shared and requested_key not in (None, "") and requested_key == lock.key
        others = [holder for holder in (*lock.exclusive, *lock.shared) if holder != handle]
        if others and (lock.exclusive or not shares):
            # Nobody else acts while this session waits, so the wait can only end by its time-out.
            self._world.run_until(self._world.now_ns + self._timeout_ns(timeout))
            self._fail(session, StatusCode.error_timeout)
        if lock_type == constants.Lock.exclusive:
            nested = handle in lock.exclusive
            lock.exclusive.append(handle)
            status = StatusCode.success_nested_exclusive if nested else StatusCode.success
            return "", self.handle_return_value(session, status)
        if not lock.shared:
            lock.key = requested_key or f"{link.name}#{handle}"
        nested = handle in lock.shared
        lock.shared.append(handle)
        status = StatusCode.success_nested_shared if nested else StatusCode.success
        return lock.key, self.handle_return_value(session, status)

    def unlock(self, session: VISASession) -> StatusCode:
        """Give back the session's last lock."""
        link = self._link(session)
        for holders in (link.lock.exclusive, link.lock.shared):
            if link.handle in holders:
                holders.remove(link.handle)
                return self.handle_return_value(session, StatusCode.success)
        return self.handle_return_value(session, StatusCode.error_session_not_locked)

    # Events: service requests through the queue.

    def enable_event(
        self,
        session: VISASession,
        event_type: EventType,
        mechanism: constants.EventMechanism,
        context: None = None,
    ) -> StatusCode:
        """Enable service requests through the event queue; call-backs would need a second thread."""
        link = self._link(session)
        if event_type != EventType.service_request or link.is_socket:
            self._fail(session, StatusCode.error_invalid_event)
        if mechanism != constants.EventMechanism.queue:
            self._fail(session, StatusCode.error_nonsupported_mechanism)
        link.events_enabled = True
        return self.handle_return_value(session, StatusCode.success)

    def disable_event(
        self, session: VISASession, event_type: EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Disable events; PyVISA does so for all of them before it closes a session."""
        self._link(session).events_enabled = False
        return self.handle_return_value(session, StatusCode.success)

    def discard_events(
        self, session: VISASession, event_type: EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Nothing to discard: an event is what the instrument requests until it is polled."""
        self._link(session)
        return self.handle_return_value(session, StatusCode.success)

    def wait_on_event(
        self, session: VISASession, in_event_type: EventType, timeout: int
    ) -> tuple[EventType, VISAEventContext, StatusCode]:
        """Wait in virtual time for a service request."""
        link = self._link(session)
        if not link.events_enabled:
            self._fail(session, StatusCode.error_not_enabled)
        instrument, world = link.instrument, self._world
        deadline_ns = world.now_ns + self._timeout_ns(timeout)
        while not instrument.state.exchange.service_requested:
            if not world.run_until(deadline_ns, wake_on=service_topic(instrument.name)):
                self._fail(session, StatusCode.error_timeout)
        context = VISAEventContext(self._next_handle())
        self._event_contexts.add(context)
        return EventType.service_request, context, self.handle_return_value(session, StatusCode.success)

    # Helpers.

    def _next_handle(self) -> int:
        self._last_handle += 1
        return self._last_handle

    def _link(self, session: int) -> Link:
        if session not in self._links:
            self._fail(None, StatusCode.error_invalid_object)
        return self._links[session]

    def _unlocked_link(self, session: int) -> Link:
        link = self._link(session)
        if link.lock.blocks(link.handle):
            self._fail(VISASession(session), StatusCode.error_resource_locked)
        return link

    def _forget(self, handle: int) -> None:
        link = self._links.pop(handle)
        link.lock.release_all(handle)
        self._last_status_in_session.pop(VISASession(handle), None)
        self.handlers.pop(VISASession(handle), None)

    def _fail(self, session: Any, status: StatusCode) -> NoReturn:
        self.handle_return_value(session, status)
        raise WorldError(f"status {status!r} of session {session} was no error, but nothing follows it")

    def _wait_for_output(self, instrument: MessageInstrument, deadline_ns: int) -> bool:
        world, topic = self._world, output_topic(instrument.name)
        while not instrument.state.exchange.output:
            if not world.run_until(deadline_ns, wake_on=topic):
                return bool(instrument.state.exchange.output)
        return True

    def _timeout_ns(self, timeout_ms: int) -> int:
        return FOREVER_NS if timeout_ms == constants.VI_TMO_INFINITE else timeout_ms * 1_000_000


def _canonical(resource_name: str) -> str | None:
    try:
        return str(rname.ResourceName.from_string(resource_name))
    except rname.InvalidResourceName:
        return None
