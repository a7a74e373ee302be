"""Admission by others: servers that clients name are asked about a write, and may change it or refuse it.

    configurations   what clients stored, as values, read once a change
    rules            which writes a rule means
    matching         which hooks a write meets, and in which version of its object
    matchconditions  the expressions that may except a write
    versions         an object in the version that a hook asked for, and back
    review           the question, and what an answer may be
    calling          the call itself; conversion webhooks use it, too
    refusals         what the client is told
    asking           one question to one hook
    patching         the patch in an answer
    ownership        what a hook may not spoil: managed fields
    mutating         MutatingAdmissionWebhook: one after the other
    validating       ValidatingAdmissionWebhook: all at once

A write of a webhook configuration or an admission policy meets no hook, so that nobody can lock everybody out.
"""
