"""The receiving side of alerts.

What lives here: ``listener``, the bench's instrument that receives, records and checks alerts. A reference
head-end, when there is one, is a device under test beside the meter and shares no decision code with it.
May be imported by fixtures and tests; imports ``harness.meter`` and ``harness.bench``.
"""
