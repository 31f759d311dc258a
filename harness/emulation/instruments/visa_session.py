"""One VISA session of the emulated bench: its attributes and its locks; ``visa_library`` does the transfers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyvisa import constants, rname
from pyvisa.constants import ResourceAttribute, StatusCode

from harness.emulation.instruments.message_instrument import MessageInstrument

MANUFACTURER = "tamperbench (emulated)"
VISA_SPEC_VERSION = 0x00700201
"""VPP-4.3 revision 7.2.1, the edition whose rule numbers stand in ``visa_library``."""

_SETTABLE = (
    ResourceAttribute.timeout_value,
    ResourceAttribute.termchar,
    ResourceAttribute.termchar_enabled,
    ResourceAttribute.send_end_enabled,
    ResourceAttribute.suppress_end_enabled,
    ResourceAttribute.user_data,
    ResourceAttribute.io_prot,
    ResourceAttribute.max_queue_length,
)


@dataclass
class Lock:
    """Who holds a resource: sessions that hold it exclusively, or share it by a key."""

    exclusive: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    key: str = ""

    def blocks(self, handle: int) -> bool:
        """Whether ``handle`` may not transfer now (VPP-4.3 3.6: a lock keeps out who doesn't hold it)."""
        if self.exclusive:
            return handle not in self.exclusive
        return bool(self.shared) and handle not in self.shared

    def release_all(self, handle: int) -> None:
        """A session ends: its locks go with it."""
        self.exclusive = [holder for holder in self.exclusive if holder != handle]
        self.shared = [holder for holder in self.shared if holder != handle]


class Link:
    """An open session to one instrument."""

    def __init__(self, handle: int, manager: int, name: str, instrument: MessageInstrument, lock: Lock) -> None:
        self.handle = handle
        self.name = name
        self.instrument = instrument
        self.lock = lock
        self.events_enabled = False
        parsed = rname.ResourceName.from_string(name)
        self.is_socket = parsed.resource_class == "SOCKET"
        # Kept beside the dictionary, since every transfer asks for them.
        self.timeout_ms = 2000
        self.termchar: bytes | None = None
        self.send_end = not self.is_socket
        self.suppress_end = False
        self.attributes: dict[int, Any] = {
            ResourceAttribute.resource_name: name,
            ResourceAttribute.resource_class: parsed.resource_class,
            ResourceAttribute.resource_manager_session: manager,
            ResourceAttribute.resource_manufacturer_name: MANUFACTURER,
            ResourceAttribute.resource_spec_version: VISA_SPEC_VERSION,
            ResourceAttribute.resource_impl_version: VISA_SPEC_VERSION,
            ResourceAttribute.resource_lock_state: constants.AccessModes.no_lock,
            ResourceAttribute.interface_type: parsed.interface_type_const,
            ResourceAttribute.interface_number: int(getattr(parsed, "board", "0") or 0),
            ResourceAttribute.interface_instrument_name: f"{MANUFACTURER} {instrument.name}",
            ResourceAttribute.timeout_value: 2000,
            ResourceAttribute.termchar: ord("\n"),
            ResourceAttribute.termchar_enabled: constants.VI_FALSE,
            ResourceAttribute.send_end_enabled: int(self.send_end),
            ResourceAttribute.suppress_end_enabled: constants.VI_FALSE,
            ResourceAttribute.io_prot: constants.IOProtocol.normal,
            ResourceAttribute.max_queue_length: 50,
            ResourceAttribute.user_data: 0,
        }

    def get(self, attribute: int) -> tuple[Any, StatusCode]:
        """Value and status of one attribute."""
        if attribute == ResourceAttribute.resource_lock_state:
            return self._lock_state(), StatusCode.success
        try:
            return self.attributes[attribute], StatusCode.success
        except KeyError:
            return 0, StatusCode.error_nonsupported_attribute

    def set(self, attribute: int, value: Any) -> StatusCode:
        """Set one attribute; returns the status (VPP-4.3 3.4: read-only and unknown ones are told apart)."""
        if attribute not in self.attributes:
            return StatusCode.error_nonsupported_attribute
        if attribute not in _SETTABLE:
            return StatusCode.error_attribute_read_only
        self.attributes[attribute] = value
        self.timeout_ms = int(self.attributes[ResourceAttribute.timeout_value])
        enabled = self.attributes[ResourceAttribute.termchar_enabled]
        self.termchar = bytes([self.attributes[ResourceAttribute.termchar]]) if enabled else None
        self.send_end = bool(self.attributes[ResourceAttribute.send_end_enabled]) and not self.is_socket
        self.suppress_end = bool(self.attributes[ResourceAttribute.suppress_end_enabled])
        return StatusCode.success

    def _lock_state(self) -> constants.AccessModes:
        if self.lock.exclusive:
            return constants.AccessModes.exclusive_lock
        return constants.AccessModes.shared_lock if self.lock.shared else constants.AccessModes.no_lock
