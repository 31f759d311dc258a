"""Tests of the reference meter's firmware: the core on the host under sanitizers, the build, the image on models."""
