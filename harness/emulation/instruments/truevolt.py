"""A 6.5-digit multimeter in a current lead: the Keysight 34465A (Truevolt); its dialect is ``truevolt_dialect``.

Source: Truevolt series operating and service guide; accuracies [recalled] from the family's data sheet. AC and DC
current are modelled, immediate and bus trigger, readings in memory; the other functions are refused. A reading
averages what flows over its aperture; after the settling delay nothing is left of what was before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.ac_reading import PPM, Accuracy, UnitError
from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import Call, CommandTree
from harness.emulation.plant.mains_averages import mean_u, rms_u
from harness.emulation.plant.mains_electronics import MeterSupplyNet
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Keysight Technologies", "34465A", "EMU54501234", "A.03.02-03.15-03.02-00.52-03-02")

RANGES_UA = (100, 1_000, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)
OVERRANGE_PERCENT = 120
"""Of a range: what is beyond is overload, told as 9.9E37, or takes autoranging up (guide, MEASure:CURRent)."""
OVERLOAD = None
"""In the reading memory."""

SETTLING_NS = {3: 1_660_000_000, 20: 250_000_000, 200: 25_000_000}
"""By the filter in Hz (guide, CURRent:AC:BANDwidth)."""
AC_APERTURE_NS = {3: 1_000_000_000, 20: 200_000_000, 200: 40_000_000}
"""What a reading averages over after that [recalled]; taken as whole periods."""
NPLC_PERMILLE = (20, 60, 200, 1_000, 10_000, 100_000)
"""0.02 to 100 power line cycles."""
CYCLE_NS = 20_000_000
FAST_NPLC_PERMILLE, FAST_NOISE_PPM = 20, 100
"""The shortest aperture adds so much noise, of the range [recalled: as the 34401A's data sheet has it]."""

AC_PPM = {100: (1_000, 400), 1_000: (1_000, 400), 10_000: (1_000, 400), 100_000: (1_000, 400),
          1_000_000: (1_000, 400), 3_000_000: (2_300, 400), 10_000_000: (1_500, 400)}  # fmt: skip
DC_PPM = {100: (500, 50), 1_000: (500, 50), 10_000: (500, 200), 100_000: (500, 50),
          1_000_000: (1_000, 100), 3_000_000: (2_000, 200), 10_000_000: (1_200, 100)}  # fmt: skip
"""One year, 23 +- 5 degrees Celsius: parts of reading and range in ppm; AC from 20 Hz to 5 kHz [recalled]."""


@dataclass
class TruevoltState:
    """The whole multimeter."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    function: str = "CURR"
    """``CURR`` is DC, ``CURR:AC`` AC, as the family answers FUNCtion?."""
    range_uA: dict[str, int] = field(default_factory=lambda: {"CURR": 1_000_000, "CURR:AC": 1_000_000})
    autoranges: dict[str, bool] = field(default_factory=lambda: {"CURR": True, "CURR:AC": True})
    filter_Hz: int = 20
    nplc_permille: int = 10_000
    samples: int = 1
    trigger: str = "IMM"
    waiting: bool = False
    """For a trigger."""
    missing: int = 0
    """Readings still to be taken."""
    began_ns: int = 0
    """Of the reading's aperture."""
    readings: list[tuple[str, int, int | None]] = field(default_factory=list)
    """Function, range and value of each reading in memory, in uA; None: overload."""


class Truevolt(ScpiInstrument):
    """The instrument; ``net`` is the lead that its current terminals lie in."""

    state: TruevoltState
    latency_ns = 1_000_000
    """Assumed for this family's processor."""

    def __init__(
        self,
        world: World,
        name: str,
        identity: Identity,
        tree: CommandTree,
        net: AnalogNet,
        before: Callable[[Call], Call | None],
    ) -> None:
        stream = world.stream(f"{name}/unit")
        self.net = net
        self._before = before
        self.errors = {
            (function, range_uA): _draw_error(stream.take_int, ppm, range_uA)
            for function, table in (("CURR:AC", AC_PPM), ("CURR", DC_PPM))
            for range_uA, ppm in table.items()
        }
        self.state = TruevoltState()
        super().__init__(world, name, identity, tree)

    def _calls(self, message: bytes) -> list[Any]:
        """READ? and MEASure? are a beginning and a FETCh? that waits for its end, as the guide defines them."""
        calls: list[Any] = []
        for call in super()._calls(message):
            begin = self._before(call) if isinstance(call, Call) else None
            calls += [call] if begin is None else [begin, call]
        return calls

    def reset(self) -> None:
        """``*RST``; the real unit measures DC voltage then, this one has no other function than current."""
        self.abort()
        self.state = TruevoltState(exchange=self.state.exchange)

    def device_clear(self) -> None:
        """A measurement under way ends too (guide, device clear)."""
        self.abort()
        super().device_clear()

    def operation_pending(self) -> bool:
        """While readings are taken; waiting for a trigger that may never come is not."""
        return self.state.missing > 0 and not self.state.waiting

    def abort(self) -> None:
        """Idle; what was measured stays in memory."""
        self.world.cancel(self.name, "aperture")
        self.world.cancel(self.name, "reading")
        was_pending = self.operation_pending()
        self.state.missing, self.state.waiting = 0, False
        if was_pending:
            self.operation_ended()

    def initiate(self) -> None:
        """Clear the memory and take ``samples`` readings, at once or at the trigger."""
        state = self.state
        state.readings, state.missing = [], state.samples
        state.waiting = state.trigger == "BUS"
        if not state.waiting:
            self._start_reading()

    def trigger(self) -> None:
        """``*TRG`` and group execute trigger."""
        if not self.state.waiting:
            super().trigger()
            return
        self.state.waiting = False
        self._start_reading()

    def on_event(self, kind: str, argument: Any) -> None:
        """The input has settled and the aperture begins; the reading is there."""
        if kind == "aperture":
            self._open_aperture()
        elif kind == "reading":
            self._take_reading()
        else:
            super().on_event(kind, argument)

    def _start_reading(self) -> None:
        settling_ns = SETTLING_NS[self.state.filter_Hz] if self.state.function == "CURR:AC" else 0
        self.world.schedule(self.world.now_ns + settling_ns, self.name, "aperture")

    def _open_aperture(self) -> None:
        state = self.state
        state.began_ns = self.world.now_ns
        if isinstance(self.net, MeterSupplyNet):
            self.net.begin()
        ac = state.function == "CURR:AC"
        aperture_ns = AC_APERTURE_NS[state.filter_Hz] if ac else CYCLE_NS * state.nplc_permille // 1000
        self.world.schedule(self.world.now_ns + aperture_ns, self.name, "reading")

    def _take_reading(self) -> None:
        state = self.state
        value_uA = self._true_uA()
        range_uA = self._range_for(abs(value_uA))
        error = self.errors[state.function, range_uA]
        noise_u = error.noise_u + self._fast_noise_uA(range_uA)
        noise_uA = self.world.stream(f"{self.name} noise").take_int(-noise_u, noise_u)
        read_uA = value_uA + value_uA * error.gain_ppm // PPM + error.offset_u + noise_uA
        if state.function == "CURR:AC":
            read_uA = max(read_uA, 0)
        over = abs(read_uA) > range_uA * OVERRANGE_PERCENT // 100
        state.readings.append((state.function, range_uA, OVERLOAD if over else read_uA))
        state.missing -= 1
        if state.missing:
            self._start_reading()
        else:
            self.operation_ended()

    def _fast_noise_uA(self, range_uA: int) -> int:
        is_fast = self.state.function == "CURR" and self.state.nplc_permille <= FAST_NPLC_PERMILLE
        return range_uA * FAST_NOISE_PPM // PPM if is_fast else 0

    def _true_uA(self) -> int:
        from_ns, to_ns = self.state.began_ns, self.world.now_ns
        if self.state.function == "CURR:AC":
            return rms_u(self.net, from_ns, to_ns)
        return (
            self.net.mean_since_begin_u() if isinstance(self.net, MeterSupplyNet) else mean_u(self.net, from_ns, to_ns)
        )

    def _range_for(self, amount_uA: int) -> int:
        """The range in use; autoranging ends on the lowest that takes the input (its search costs no time here)."""
        state = self.state
        if not state.autoranges[state.function]:
            return state.range_uA[state.function]
        fits = [range_uA for range_uA in RANGES_UA if amount_uA <= range_uA * OVERRANGE_PERCENT // 100]
        state.range_uA[state.function] = fits[0] if fits else RANGES_UA[-1]
        return state.range_uA[state.function]


def _draw_error(take_int: Callable[[int, int], int], ppm: tuple[int, int], range_uA: int) -> UnitError:
    accuracy = Accuracy(ppm[0], ppm[1] * range_uA // PPM)
    offset_u = accuracy.constant_u * 9 // 10
    return UnitError(
        take_int(-accuracy.reading_ppm, accuracy.reading_ppm), take_int(-offset_u, offset_u), accuracy.constant_u // 10
    )
