"""The physics around the meter: coils and their field, mains, load and shunts, climate, attitude.

Components of the world, driven by the emulated instruments and read by the meter's parts. Each equation names its
source; each parameter has a tolerance that is drawn from the seed. Imports the world, nets and chance of
``harness.emulation``; may be imported by its parts, instruments, board and bench, never the other way round.
"""
