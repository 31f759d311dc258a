"""Makes the harness a pytest plugin here, so that plain ``pytest testplans`` runs a plan."""

pytest_plugins = ["harness.plugin"]
