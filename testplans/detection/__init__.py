"""Does the meter detect what it must, and only that."""
