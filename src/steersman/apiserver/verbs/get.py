"""GET of one object: the stored bytes, unless the client asked for another form."""

from steersman.apiserver.call import Call
from steersman.apiserver.http import options, respond
from steersman.apiserver.verbs import forms
from steersman.kit import http


async def get(call: Call) -> http.Response:
    asked = call.request.param("resourceVersion")
    if asked:
        options.resource_version(asked)
    registry = call.registry
    entry = registry.existing(call.info.namespace, call.info.name)
    if call.accept.plain and registry.is_stored_version:
        return http.Response(200, chunks=(entry.value,))
    value = registry.served(entry)
    if call.accept.transform:
        return respond.tree(forms.transformed(call, registry.tree(entry.value)), call.accept)
    return respond.raw(value, call.accept)
