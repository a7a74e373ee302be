"""What a structural schema asks of an object, and what is asked of the schema itself.

    formats      the string formats that schemas may ask for
    values       an object against its schema, with the reference's messages, on create and on update
    extras       doubles in sets and maps; resources inside of resources
    shaping      pruning and defaulting along a schema
    structure    whether a schema is structural
    openapi      whether it is a schema that definitions may have, with its lists, maps and rules
    paths        field paths of rules and selectable fields
    defaults     whether a schema's own defaults fit it
    expressions  rules in CEL: compiled, and what they may cost

A schema is the plain tree that the definition carries.
"""
