"""The command ``tamperbench``: options in, one clear line and an exit status out. The work is in ``harness.run``.

``app`` puts the commands together, one module for each or for a few that belong together; ``options`` are those that
several share, ``completion`` is what a shell may offer for them, ``console`` how all of them speak and fail.
May be imported by ``harness.entry`` only; imports ``harness.run`` and what names errors and writes reports.
"""

from harness.cli.app import main

__all__ = ["main"]
