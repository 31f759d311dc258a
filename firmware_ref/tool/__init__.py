"""Builds the reference meter's image and checks it against its budgets; `python -m firmware_ref.tool.build`.

Lives here: compiler set-up, image and ELF writing, stack analysis, defect patches, parameter pages.
Imports nothing of the harness; may be imported by the emulated bench's set-up, by `qualify` and by tests.
"""
