"""Faults of the wiring around the meter, and what each does to the voltage and the currents it measures: pure.

A two-wire service, neutral earthed at the transformer (TN, IEC 60364-1). The meter taps its voltage between its own
supply-side terminals L and N. Each fault is a relay of the bench's wiring box:

- ``neutral_cut_supply``: the neutral is open before the meter. Its N terminal follows L through load and divider, so
  it measures no voltage; line against earth is there as before, and what returns over earth flows in the line element.
- ``neutral_cut_load``: the load's neutral is taken off the meter and put to earth: the current returns past the
  neutral element. The earth's resistance lies behind the meter's tap, so it changes nothing for a constant current.
- ``swap_line_neutral``: the two supply conductors change places before the meter. The voltage turns over, and with it
  both currents, so the power keeps its sign; what has changed is that terminal L has no voltage against earth.
- ``reverse_line_element``: the line element's two leads change places: its current turns over against the voltage.
- ``reverse_energy``: supply and load change places at the terminals, both currents turn over; the voltage is tapped
  on the load's side then. A laboratory makes exported energy so without a source that takes power back.
- ``bypass``: both elements have a shunt across them, closed by one two-pole relay (``mains_circuit``).

Left out: capacitive pick-up of an open neutral, resistance of a broken contact, the own supply's current over earth.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from harness.emulation.plant.mains_circuit import Element

FAULTS = (
    "neutral_cut_supply",
    "neutral_cut_load",
    "swap_line_neutral",
    "reverse_line_element",
    "reverse_energy",
    "bypass",
)
"""The events that make (True) or mend (False) a fault, and the relay channels' names in the bench file."""

BREAK_BEFORE_MAKE = frozenset({"swap_line_neutral", "reverse_energy"})
"""Change-overs of conductors under voltage: open for the change-over's time first."""

Return = Literal["neutral", "earth", "none"]
HALF_TURN_MDEG = 180_000


def has_tap_voltage(faults: Collection[str]) -> bool:
    """Whether the meter's terminals have the supply's voltage between them."""
    return "neutral_cut_supply" not in faults


def has_line_to_earth(faults: Collection[str]) -> bool:
    """Whether terminal L has the supply's voltage against earth."""
    return "swap_line_neutral" not in faults


def load_return(faults: Collection[str]) -> Return:
    """Over which conductor the load's current goes back, if it can."""
    if "neutral_cut_load" in faults:
        return "earth"
    return "none" if "neutral_cut_supply" in faults else "neutral"


def carries(element: Element, faults: Collection[str]) -> bool:
    """Whether the load's current passes the place of that element at all."""
    way = load_return(faults)
    if way == "neutral":
        return True
    # Over earth only the phase conductor is left, which lies at terminal N when the two are swapped.
    return way == "earth" and (element == "line") == has_line_to_earth(faults)


def turn_mdeg(element: Element, faults: Collection[str]) -> int:
    """By how much the current through an element is turned against the voltage at the meter's tap."""
    turns = ("reverse_energy" in faults) + (element == "line" and "reverse_line_element" in faults)
    return turns % 2 * HALF_TURN_MDEG
