"""What the meter reports: signature, counter, time (SIG, COM)."""
