"""DELETE of a collection: each object that a list with the same options would show; answered with that list.

With a limit that is one page, and the answer's token leads to the next.  It is not atomic: the first refusal ends
it, and what was deleted before stays deleted.  An object that somebody else deleted meanwhile is none.
"""

import dataclasses

from steersman.api import status
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs import delete as deleting
from steersman.apiserver.verbs import list as listing
from steersman.kit import http


async def delete_collection(call: Call) -> http.Response:
    options = optioned.delete_options(call.request, await call.apart(bodies.options_tree, call))
    listed = optioned.list_options(call.request)
    selection = await call.selection(listed.label_selector, listed.field_selector)
    found = await listing.find(call, listed, selection)
    for entry in found.entries:
        name = entry.key.rpartition("/")[2]
        one = dataclasses.replace(call, info=dataclasses.replace(call.info, namespace=_namespace(call, entry.key)))
        try:
            await deleting.remove(one, name, options)
        except status.StatusError as error:
            if error.code != 404:
                raise
    shown = dataclasses.replace(call, accept=dataclasses.replace(call.accept, transform=""))
    return listing.answered(shown, found)


def _namespace(call: Call, key: str) -> str:
    if not call.resource.namespaced:
        return ""
    return key[len(call.registry.prefix) :].partition("/")[0]
