"""From the native core's structs at a fault to a report that a person can act on."""

from __future__ import annotations

from collections.abc import Callable

from harness.emulation.cpu.errors import FAULT_KINDS, FaultReport
from harness.emulation.cpu.native import CoreFault, CoreState
from harness.emulation.cpu.symbols import Symbols

FRAME_BYTES = 32


def read_fault(
    state: CoreState,
    fault: CoreFault,
    bus_reason: str,
    ram: range,
    read_memory: Callable[[int, int], bytes],
    symbols: Symbols | None,
    now_ns: int,
) -> FaultReport:
    """What is known at the moment of a fault; the registers must have been saved into ``state``."""
    kind, explanation = FAULT_KINDS[fault.kind]
    return FaultReport(
        kind=kind,
        explanation=f"{explanation}: {bus_reason}" if kind == "bus" else explanation,
        address=fault.address,
        width=fault.width,
        value=fault.value,
        pc=fault.pc,
        lr=state.regs[14],
        sp=state.regs[13],
        xpsr=state.xpsr,
        registers=tuple(state.regs[:13]),
        frame=_stacked_frame(state, ram, read_memory),
        at_ns=now_ns,
        pc_symbol=symbols.locate(fault.pc) if symbols else None,
        lr_symbol=symbols.locate(state.regs[14]) if symbols else None,
    )


def _stacked_frame(state: CoreState, ram: range, read_memory: Callable[[int, int], bytes]) -> tuple[int, ...] | None:
    """The frame of what was interrupted, where LR still says which stack it is on."""
    lr = state.regs[14]
    if state.xpsr & 0x1FF == 0 or lr < 0xFFFF_FFF0:
        return None
    address = state.psp if lr & 4 else state.msp
    if address not in ram or address + FRAME_BYTES - 1 not in ram:
        return None
    data = read_memory(address, FRAME_BYTES)
    return tuple(int.from_bytes(data[at : at + 4], "little") for at in range(0, FRAME_BYTES, 4))
