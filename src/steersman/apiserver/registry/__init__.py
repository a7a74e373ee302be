"""What is stored, in which form, and what a kind does before create, update and delete."""
