"""One file a verb: what happens between an authorised request and its answer."""
