"""The meter from outside: codecs that take and give bytes, and the byte links they travel on.

What lives here: A-XDR data, COSEM date-times, the 62056-47 wrapper, the APDUs of a signed and confirmed push,
the alert made of them, the optical port's sign-on, byte links with deadlines on the bench clock.
Codecs never touch a port or a clock. They can also build wrong bytes on purpose: a tester must be able to send them.
May be imported by fixtures, ``harness.headend``, ``harness.emulation`` and tests; imports ``harness.bench`` only.
"""
