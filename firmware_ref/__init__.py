"""The reference meter's firmware: C sources, and in `tool/` the Python that builds and inspects the image.

Imported by whoever needs an image to load (the emulated bench's set-up, `qualify`, tests).
Imports nothing of the harness.
"""
