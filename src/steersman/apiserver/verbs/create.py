"""POST to a collection: a new object."""

from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies, forms
from steersman.apiserver.verbs import insert as inserting
from steersman.kit import http


async def create(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "CreateOptions")
    new = await call.apart(bodies.received, call, options)
    bodies.place(call, new)
    written = await inserting.insert(call, new, options)
    return await answered(call, written, 201)


async def answered(call: Call, written: inserting.Written, code: int) -> http.Response:
    """What the client gets after a write; a large object in another form is made beside the loop."""
    size = 0 if call.accept.plain or written.entry is None else len(written.entry.value)
    return await call.apart(_answered, call, written, code, size=size)


def _answered(call: Call, written: inserting.Written, code: int) -> http.Response:
    """What the client gets after a write: the object as it is now, in the bytes that are stored where it can be."""
    tree, registry = written.tree, call.registry
    if written.entry is not None and call.accept.plain and registry.to_served is None:
        here = registry.answer(tree, written.revision) if call.request.user is not None else None
        return http.Response(code, chunks=(registry.served(written.entry),), tree=here)
    if written.revision:
        tree = registry.answer(tree, written.revision)
    return respond.tree(forms.transformed(call, tree), call.accept, code)
