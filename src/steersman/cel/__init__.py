"""CEL, the Common Expression Language, as cel-go speaks it: parsed, checked, priced and evaluated.

Kubernetes' rules and policies are CEL, and what its users see of it is cel-go: the words of a compile error with
the line under it, the types it infers from a schema, what it estimates an expression to cost before it is ever
run, and where it stops one that runs too long.  This room is that language and nothing of Kubernetes: the
functions Kubernetes adds, and the types it makes from schemas, are in `steersman.api.cel`.

An `Environment` says which variables and functions there are; it compiles text to a checked tree and a checked
tree to a program.  Everything here is a function of values: no clock, no I/O, nothing kept between evaluations.
"""
