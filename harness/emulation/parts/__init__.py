"""The parts on the meter's board outside the microcontroller, and the ends of its serial lines.

May be imported by: ``harness.emulation.meter_board``, ``harness.emulation.lm3s6965`` (serial characters, the bus
protocol) and the project's tests. Imports nothing of the chip.
"""
