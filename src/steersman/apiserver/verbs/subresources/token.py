"""`serviceaccounts/NAME/token`: a token for an account, made on the spot and stored nowhere."""

from steersman.api import schema, status
from steersman.apiserver import plugged
from steersman.apiserver.access import tokens
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies
from steersman.kit import http

DEFINITION = "io.k8s.api.authentication.v1.TokenRequest"


async def create(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "CreateOptions")
    node = schema.definition(DEFINITION)
    request = await call.apart(bodies.decoded, call, options, "TokenRequest", "authentication.k8s.io/v1", node)
    services, info = call.services, call.info
    if services.issuer is None:
        raise status.failure(501, "NotImplemented", "this server has no key to sign tokens with")
    for name, expected in (("name", info.name), ("namespace", info.namespace)):
        given = request["metadata"].get(name)
        if given and given != expected:
            what = "name" if name == "name" else "namespace"
            raise status.bad_request(f"must match metadata.{what}")
    attributes = plugged.attributes(call, "CREATE", request, None, dry_run=options.dry_run)
    request = await plugged.mutate(call, attributes)
    await plugged.validate(call, attributes)
    answer = tokens.answer(
        services.issuer, services.reader, services.clock, services.entropy, info.namespace, info.name, request
    )
    return respond.tree(answer, call.accept, 201)
