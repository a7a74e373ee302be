"""CEL as Kubernetes speaks it: its libraries, its environments, its price list.

`steersman.cel` is the language; here is what an API server adds.  `environments.BASE` is the environment that every
user of expressions extends by its own variables; one file a library holds the functions (`quantity('1Gi')`,
`authorizer.group('apps')`...).  `schemas` makes types of schemas; `requests` has those of an admission request;
`conditions` evaluates match conditions; `devices` is what selects devices.

Nothing of this is imported when a server starts: who needs an expression imports it inside the function.
"""
