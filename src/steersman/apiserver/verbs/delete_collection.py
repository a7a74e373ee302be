"""DELETE of a collection: each object that a list with the same options would show; answered with that list."""

import dataclasses

from steersman.api import status
from steersman.apiserver import selection as selections
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs import delete as deleting
from steersman.apiserver.verbs import list as listing
from steersman.kit import http


async def delete_collection(call: Call) -> http.Response:
    options = optioned.delete_options(call.request, bodies.options_tree(call))
    listed = optioned.list_options(call.request)
    selection = selections.select(call.resource, listed.label_selector, listed.field_selector)
    found = listing.find(call, listed, selection)
    items = []
    for entry in found.entries:
        name = entry.key.rpartition("/")[2]
        one = dataclasses.replace(call, info=dataclasses.replace(call.info, namespace=_namespace(call, entry.key)))
        try:
            await deleting.remove(one, name, options)
        except status.StatusError as error:
            if error.code != 404:
                raise
            continue
        tree = call.registry.tree(entry.value)
        if not call.resource.custom:
            tree.pop("kind")
            tree.pop("apiVersion")
        items.append(tree)
    resource = call.resource
    answer = {
        "kind": resource.list_kind,
        "apiVersion": resource.api_version,
        "metadata": {"resourceVersion": str(found.revision)},
        "items": items,
    }
    return respond.tree(answer, dataclasses.replace(call.accept, transform=""))


def _namespace(call: Call, key: str) -> str:
    if not call.resource.namespaced:
        return ""
    return key[len(call.registry.prefix) :].partition("/")[0]
