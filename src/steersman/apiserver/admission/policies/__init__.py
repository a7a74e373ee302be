"""Admission by expressions: policies that clients store are evaluated here, and may change a write or refuse it.

    configurations  what clients stored, as values, read once a change; compiled when a write first meets them
    matching        which policies and bindings a write meets, and in which version of its object
    params          the objects that a binding gives to a policy
    inputs          what expressions see of a write
    decisions       why a write is refused, and how that is told
    validators      the expressions of a validating policy, compiled, and what they decide
    validating      ValidatingAdmissionPolicy
    patches         what a mutation's value does to an object
    mutators        the expressions of a mutating policy, compiled, and what they make of an object
    mutating        MutatingAdmissionPolicy
    readable        who writes a policy with parameters must be allowed to read them

A write of a policy or a binding meets no policy, so that nobody can lock everybody out.
Nothing of CEL is imported before a write meets a policy.  The rules, the versions and the request are those of
`webhooks`, which the same writes meet.
"""
