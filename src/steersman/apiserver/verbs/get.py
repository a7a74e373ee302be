"""GET of one object: the stored bytes, unless the client asked for another form.

It is always the newest, which is not older than any revision that there is; one that does not come
(`moments`) is a 504.
"""

from steersman.apiserver.call import Call
from steersman.apiserver.http import options, respond
from steersman.apiserver.verbs import forms, moments
from steersman.kit import http
from steersman.store import protocol


async def get(call: Call) -> http.Response:
    asked = call.request.param("resourceVersion")
    if asked:
        await moments.reached(call, options.resource_version(asked))
    registry = call.registry
    entry = registry.existing(call.info.namespace, call.info.name)
    if call.accept.plain and registry.is_stored_version:
        return http.Response(200, chunks=(entry.value,))
    return await call.apart(_made, call, entry, size=len(entry.value))


def _made(call: Call, entry: protocol.Entry) -> http.Response:
    """In another version or form."""
    if call.accept.transform:
        return respond.tree(forms.transformed(call, call.registry.tree(entry.value)), call.accept)
    return respond.raw(call.registry.served(entry), call.accept)
