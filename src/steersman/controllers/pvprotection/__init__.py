"""Claims in use and volumes that are bound do not vanish."""
