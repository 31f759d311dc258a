"""The emulated bench on TCP sockets, paced by wall time: ``tamperbench serve``.

Instruments are raw SCPI sockets, links are raw byte streams, so a bench file of kind ``real`` runs on it.
May be imported by ``harness.cli``; imports ``harness.bench``, ``harness.emulation``, ``harness.measure``.
"""
