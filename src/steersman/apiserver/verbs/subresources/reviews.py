"""Questions that are posted like objects and answered instead of stored: access and token reviews."""

from steersman.apiserver import plugged
from steersman.apiserver.access import reviews
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies
from steersman.kit import http


async def create(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "CreateOptions")
    resource, services = call.resource, call.services
    review = await call.apart(bodies.decoded, call, options, resource.kind, resource.api_version, call.registry.node)
    bodies.place(call, review)
    entries = plugged.owned(call, None, review, optioned.manager_of(options, call.request))
    if entries:
        review["metadata"]["managedFields"] = list(entries)
    attributes = plugged.attributes(call, "CREATE", review, None, dry_run=options.dry_run)
    review = await plugged.mutate(call, attributes)
    await plugged.validate(call, attributes)
    asking = reviews.Asking(
        call.user, services.authorizer, services.resolver, services.authenticator, services.clock, call.info.namespace
    )
    answer = reviews.HANDLERS[resource.name](asking, review)
    return respond.tree(answer, call.accept, 201)
