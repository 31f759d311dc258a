"""Signals as a terminal gives them, so that the suite says the same when it is started in the background."""

import signal

# A shell without job control starts what it puts in the background with these ignored, and a child inherits it.
# Python then raises no KeyboardInterrupt, and the tests of interruptions would judge the shell, not the harness.
USUAL = {signal.SIGINT: signal.default_int_handler, signal.SIGQUIT: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}


def pytest_configure() -> None:
    for number, handler in USUAL.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
