"""tamperbench: test and certification of smart-meter tamper detection.

What lives here: everything that runs a certification. Arrows point one way: test plans use fixtures,
fixtures use instruments, meter, headend, measure and evidence, and those use bench. The emulated bench
(``harness.emulation``) stands beside them: only opening a bench file of kind ``emulated`` imports it.
"""

__version__ = "0.1.0"
