"""A pod's spec, in a Pod and in the templates of whatever makes pods, by topic.

    spec.py         the list of checks, in the reference's order
    volumes.py      which source a volume has; sources.py and projected.py what each must say
    containers.py   the three lists of containers
    env.py, mounts.py, probes.py, ports.py
    security.py     security contexts; windows.py, system.py the operating system
    affinity.py, scheduling.py, dns.py
    template.py     a whole template

`Scope` says what of the rules depends on where the spec stands.
"""
