"""Plans and the requirement catalogue: which tests run, with which parameters, for which requirements.

May be imported by ``harness.plugin``, ``harness.cli`` and ``reports``; imports ``harness.bench`` (files) and
``harness.measure`` (units, decision rules) only.
"""
