"""The meter's processor: an ARM Cortex-M3 that runs the firmware image itself, with exact time.

Unicorn executes the instructions; the C files here (compiled on first use by the ``ziglang`` wheel) keep time, the
interrupt controller, SysTick, exceptions and sleep. How exact time is: docs/cycle-model.md.

May be imported by: ``harness.emulation`` (the meter's board) and the project's tests.
"""

from harness.emulation.cpu.bus import Bus
from harness.emulation.cpu.cortex_m3 import CortexM3
from harness.emulation.cpu.errors import BusError, CpuError, FirmwareFault, NativeCoreError
from harness.emulation.cpu.symbols import Symbols

__all__ = ["Bus", "BusError", "CortexM3", "CpuError", "FirmwareFault", "NativeCoreError", "Symbols"]
