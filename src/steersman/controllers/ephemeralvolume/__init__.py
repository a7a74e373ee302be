"""Claims for pods' `ephemeral` volumes."""
