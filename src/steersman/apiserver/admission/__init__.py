"""Admission: what is done to an object, and what may be said against it, before it is stored.

`chain.default_chain` is the list of plug-ins in kube-apiserver's order; each has a file of its own.  A plug-in
reads through `access.reading.Reader` and never writes, except the quota, which books what it lets through.
"""
