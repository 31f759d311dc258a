"""The requirement catalogue, the plans (``*.toml``) and the tests, one folder per subject.

Tests speak physics through ``fixtures`` and judge values through the record only. Nothing here may import
``harness.emulation``: a test never knows whether the bench is real.
"""
