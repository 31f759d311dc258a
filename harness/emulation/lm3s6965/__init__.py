"""The TI Stellaris LM3S6965 around its Cortex-M3: one module per peripheral block, and the chip that joins them.

Registers, offsets and reset values are the real chip's (LM3S6965 data sheet; StellarisWare ``inc/hw_*.h``).
Whatever is not modelled raises, with block, offset and value; nothing reads as a silent zero. The blocks that are at
work thousands of times a second (I2C master, timers) live in C beside their Python, compiled into the native core.

May be imported by: ``harness.emulation.meter_board`` and the project's tests. Imports ``harness.emulation.parts``
only for the shape of a serial character and the protocol of an I2C bus.
"""
