"""Errors of the processor: a fault of the firmware it runs, a native core that can't be built, a wrong call."""

from __future__ import annotations

from dataclasses import dataclass

from harness.bench.errors import MeterStoppedError
from harness.emulation.errors import EmulationError


class CpuError(EmulationError):
    """Base of the processor's errors, and what a wrong call of it raises."""


class NativeCoreError(CpuError):
    """The native core can't be compiled or loaded here."""


class BusError(CpuError):
    """Raised by a bus: the peripheral answers this access with a bus error, so the firmware faults."""


@dataclass(frozen=True)
class FaultReport:
    """What is known at the moment of a fault. ``frame`` is the innermost stacked frame when a handler was running."""

    kind: str
    explanation: str
    address: int
    width: int
    value: int
    pc: int
    lr: int
    sp: int
    xpsr: int
    registers: tuple[int, ...]
    frame: tuple[int, ...] | None
    at_ns: int
    pc_symbol: str | None
    lr_symbol: str | None


class FirmwareFault(CpuError, MeterStoppedError):  # noqa: N818 - a fault of the firmware, by the name ARM gives it
    """The firmware did what a Cortex-M3 answers with a fault. The run ends here, whatever fault handlers it has."""

    def __init__(self, report: FaultReport) -> None:
        super().__init__(describe(report))
        self.report = report


def describe(report: FaultReport) -> str:
    """A fault in words: what, where, the registers, the stacked frame."""
    number = report.xpsr & 0x1FF
    mode = "thread mode" if number == 0 else f"the handler of exception {number}"
    lines = [
        f"firmware fault: {report.explanation.format(address=report.address, value=report.value, width=report.width)}",
        f"  at pc={report.pc:#010x}{_named(report.pc_symbol)} lr={report.lr:#010x}{_named(report.lr_symbol)}"
        f" in {mode}, {report.at_ns} ns",
        f"  sp={report.sp:#010x} xpsr={report.xpsr:#010x} "
        + " ".join(f"r{index}={value:#x}" for index, value in enumerate(report.registers)),
    ]
    if report.frame is not None:
        names = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")
        words = " ".join(f"{name}={word:#x}" for name, word in zip(names, report.frame, strict=True))
        lines.append(f"  interrupted: {words}")
    return "\n".join(lines)


def add_place(error: BaseException, place: str) -> None:
    """Say where it came from: in an error of ours in its text, which is all that records and reports show."""
    if isinstance(error, EmulationError):
        error.args = (f"{error}; {place}", *error.args[1:])
    else:
        error.add_note(place)


def _named(symbol: str | None) -> str:
    return "" if symbol is None else f" ({symbol})"


# In the order of enum fault_kind in tb_core.h.
FAULT_KINDS: tuple[tuple[str, str], ...] = (
    ("none", "no fault"),
    ("read_unmapped", "read of {width} bytes at {address:#010x}, where nothing is; check the pointer"),
    ("write_unmapped", "write of {width} bytes at {address:#010x}, where nothing is; check pointer and stack"),
    ("fetch_unmapped", "jump to {address:#010x}, where no code is; check function pointers and return addresses"),
    ("write_flash", "store to flash at {address:#010x}; flash is written by its controller only"),
    ("undefined", "undefined instruction at {address:#010x} ({value:08x})"),
    ("refused", "instruction {value:08x} at {address:#010x} is none of a Cortex-M3 (undefined, FPU, coprocessor)"),
    ("not_thumb", "jump to {address:#010x} with bit 0 clear: not Thumb code; check how the pointer was made"),
    ("unaligned", "multiple, double or exclusive access at {address:#010x} with unaligned base {value:#010x}"),
    ("divide", "division by zero at {address:#010x} with CCR.DIV_0_TRP set"),
    ("stacking", "exception entry: no RAM for the frame at {address:#010x}; the stack has overflowed"),
    ("unstacking", "exception return: no RAM at the frame {address:#010x}; the stack pointer is lost"),
    ("bad_return", "exception return {address:#010x} does not fit the active exceptions or the xpsr {value:#010x}"),
    ("breakpoint", "BKPT ({value:08x}) at {address:#010x} and no debugger"),
    ("escalated", "SVC at {address:#010x} while its priority may not run: escalates to HardFault"),
    ("unprivileged", "unprivileged access to {address:#010x} in the system control space"),
    ("not_modelled", "{address:#010x} (width {width}, value {value:#x}) asks for what this model does not have"),
    ("engine", "the engine stopped at {address:#010x} with its error {value}"),
    ("bus", "the peripheral at {address:#010x} answered with a bus error"),
    ("vector", "the vector at {address:#010x} (exception {value}) is not a Thumb address; check table and VTOR"),
    ("fetch_device", "the instruction at {address:#010x} jumps into a peripheral; check function pointers"),
    ("bit_band", "access to {address:#010x}, a bit-band alias; they are not modelled, access the word itself"),
    ("unaligned_device", "unaligned access to the peripheral at {address:#010x} or before; check the pointer"),
)
