"""Who asks, and whether they may.

`authentication` turns a request into a user, `impersonation` lets one act as another, `authorization` asks
the authorisers in turn (`node`, `rbac`).  `reviews` are the questions about it that the API itself answers,
`tokens` the service accounts' credentials, `signing` the certificates', `bootstrap` the roles that every
cluster begins with.  All of it reads through `reading.Reader`, synchronously, from the store's memory.
"""
