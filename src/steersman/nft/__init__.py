"""nftables as values: objects that render, the transaction between two of them, who applies it, and a fake."""
