"""What lies between the meter's modem and whoever receives its alerts: a network that delays, loses and repeats.

``path`` is the network on the modem's serial line. May be imported by ``harness.emulation.bench`` and by the emulated
instruments; imports the world and the parts.
"""
