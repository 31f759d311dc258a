"""The drivers there are, by the name a bench file gives them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from harness.instruments.chroma_63800 import Chroma63800
from harness.instruments.errors import UnknownDriverError
from harness.instruments.espec_p300 import EspecP300
from harness.instruments.infiniivision import InfiniiVision
from harness.instruments.keysight_33500 import Keysight33500
from harness.instruments.keysight_34465a import Keysight34465A
from harness.instruments.keysight_34970 import Keysight34970A
from harness.instruments.keysight_ac6800 import KeysightAc6800
from harness.instruments.keysight_n6705 import KeysightN6705
from harness.instruments.lakeshore_f71 import LakeShoreF71
from harness.instruments.linux_netem import LinuxNetem
from harness.instruments.mcp23017 import Mcp23017
from harness.instruments.newport_esp301 import NewportEsp301
from harness.instruments.numato_relay import NumatoRelay
from harness.instruments.openocd import OpenOcd
from harness.instruments.pcf8574 import Pcf8574

DRIVERS: dict[str, Callable[..., Any]] = {
    "keysight-infiniivision": InfiniiVision,
    "keysight-33500": Keysight33500,
    "keysight-34970a": Keysight34970A,
    "chroma-63800": Chroma63800,
    "keysight-34465a": Keysight34465A,
    "keysight-ac6800": KeysightAc6800,
    "keysight-n6705": KeysightN6705,
    "lakeshore-f71": LakeShoreF71,
    "espec-p300": EspecP300,
    "linux-netem": LinuxNetem,
    "mcp23017": Mcp23017,
    "newport-esp301": NewportEsp301,
    "numato-relay": NumatoRelay,
    "openocd": OpenOcd,
    "pcf8574": Pcf8574,
}
"""Name → class, called with a resource, a clock and the options of ``visa.Instrument``."""

ROLES: dict[str, tuple[str, ...]] = {
    "scope": ("keysight-infiniivision",),
    "relay": ("keysight-34970a", "mcp23017", "numato-relay", "pcf8574"),
    "mains": ("keysight-ac6800",),
    "load": ("chroma-63800",),
    "multimeter": ("keysight-34465a",),
    "supply_current": ("keysight-34465a",),
    "load_current": ("keysight-34465a",),
    "battery_current": ("keysight-34465a",),
    "bypass_current": ("keysight-34465a",),
    "injection_current": ("keysight-34465a",),
    "terminal_thermometer": ("keysight-34465a",),
    "coil_supply": ("keysight-n6705",),
    "teslameter": ("lakeshore-f71",),
    "chamber": ("espec-p300",),
    "network": ("linux-netem",),
    "debug_probe": ("openocd",),
    "stage": ("newport-esp301",),
    "generator": ("keysight-33500",),
}
"""The drivers that can play a role which a fixture asks for; a role of the bench's own may have any."""


def find_driver(name: str, role: str) -> Callable[..., Any]:
    """The driver of that name; raises UnknownDriverError, which names the near miss. ``role`` is for the text."""
    try:
        driver = DRIVERS[name]
    except KeyError:
        near = difflib.get_close_matches(name, DRIVERS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownDriverError(role, f"no driver {name!r}; {hint}There are: {', '.join(sorted(DRIVERS))}") from None
    if name not in ROLES.get(role, (name,)):
        raise UnknownDriverError(
            role, f"driver {name!r} can't be this bench's {role!r}; expected one of: {', '.join(ROLES[role])}"
        )
    return driver
