"""What lies between the meter's modem and whoever receives its alerts: a network that delays, loses and repeats."""
