"""The emulated bench: virtual time, the meter's board with its real firmware image, physics, instruments.

No threads, no wall time. Everything that has a life is a component of one :class:`~harness.emulation.world.World`
with its state in plain data, so a world can be copied, restored and compared byte for byte.

May be imported by: ``harness.bench.open_bench`` (for a bench file of kind ``emulated``), ``harness.cli`` (serve)
and the project's tests. Nothing under testplans/, fixtures/ or the other harness packages may import it.
"""
