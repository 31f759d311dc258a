"""How long from the physical stimulus to the alert on the wire (COM-1)."""
