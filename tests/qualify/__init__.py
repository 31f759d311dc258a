"""The plan is measured too: every known-bad meter must be caught, for the right reason, and the good one never."""
