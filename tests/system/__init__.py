"""Tests of the product as its users meet it: through the command line, the exit status and a run's folder."""
