"""Services to packet rules."""
