"""Digital channels of the InfiniiVision MSO models: :DIGital<d> and :POD<n> (programmer's guide, the same chapters)."""

from __future__ import annotations

from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.scope_settings import switch
from harness.emulation.instruments.scope_state import CHANNELS_PER_POD
from harness.emulation.instruments.scpi_parameters import Boolean, Number, QuotedText, format_nr3
from harness.emulation.instruments.scpi_tree import Command

THRESHOLD = Number(
    "V",
    -9,
    -8_000_000_000,
    8_000_000_000,
    keywords=(("TTL", 1_400_000_000), ("CMOS", 2_500_000_000), ("ECL", -1_300_000_000)),
)


def _set_threshold(scope: Oscilloscope, pod: int, threshold_nV: int) -> None:
    """One comparator voltage for the whole pod; a trigger on one of its channels goes by it."""
    scope.state.digital.threshold_nV[pod - 1] = threshold_nV
    scope.trigger_settings_changed()


def _show_pod(scope: Oscilloscope, pod: int, shown: bool) -> None:
    first = (pod - 1) * CHANNELS_PER_POD
    scope.state.digital.display[first : first + CHANNELS_PER_POD] = [shown] * CHANNELS_PER_POD


def _pod_shown(scope: Oscilloscope, pod: int) -> str:
    first = (pod - 1) * CHANNELS_PER_POD
    return switch(any(scope.state.digital.display[first : first + CHANNELS_PER_POD]))


def _pod_of(number: int) -> int:
    return number // CHANNELS_PER_POD + 1


DIGITAL_COMMANDS = (
    Command("POD{1:2}:DISPlay", (Boolean(),), do=_show_pod, ask=_pod_shown),
    Command(
        "POD{1:2}:THReshold",
        (THRESHOLD,),
        do=_set_threshold,
        ask=lambda scope, pod: format_nr3(scope.state.digital.threshold_nV[pod - 1], -9),
    ),
    Command(
        "DIGital{0:15}:DISPlay",
        (Boolean(),),
        do=lambda scope, number, shown: scope.state.digital.display.__setitem__(number, shown),
        ask=lambda scope, number: switch(scope.state.digital.display[number]),
    ),
    Command(
        "DIGital{0:15}:THReshold",
        (THRESHOLD,),
        do=lambda scope, number, threshold_nV: _set_threshold(scope, _pod_of(number), threshold_nV),
        ask=lambda scope, number: format_nr3(scope.state.digital.threshold_nV[_pod_of(number) - 1], -9),
    ),
    Command(
        "DIGital{0:15}:LABel",
        (QuotedText(16),),
        do=lambda scope, number, text: scope.state.digital.labels.__setitem__(number, text),
        ask=lambda scope, number: f'"{scope.state.digital.labels[number]}"',
    ),
)
