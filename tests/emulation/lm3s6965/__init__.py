"""Tests of the microcontroller's peripherals, worked register by register, without a processor."""
