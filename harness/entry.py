"""Where the command ``tamperbench`` begins: Ctrl-C while the program still loads ends it with one line."""

from __future__ import annotations

import sys

EXIT_NOT_CERTIFIED = 2


def main() -> None:
    """Load the command line and hand over."""
    try:
        from harness.cli import main as command  # noqa: PLC0415 - loading takes a second, and that is guarded too

        command()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted before anything was switched on\n")
        sys.exit(EXIT_NOT_CERTIFIED)


if __name__ == "__main__":
    main()
