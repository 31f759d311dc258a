"""Life without mains: current, battery, what is caught meanwhile."""
