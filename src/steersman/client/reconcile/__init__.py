"""For whoever runs loops: the loop itself, what a controller is given, expectations, owner references."""
