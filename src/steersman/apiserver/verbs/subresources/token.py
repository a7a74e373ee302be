"""`serviceaccounts/NAME/token`: a token for an account, made on the spot and stored nowhere."""

from steersman.api import schema, status
from steersman.api.apply import managed
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
    version = f"{tokens.GROUP}/v1"
    request = await call.apart(bodies.decoded, call, options, tokens.KIND, version, node)
    services, info = call.services, call.info
    if services.issuer is None:
        raise status.failure(501, "NotImplemented", "this server has no key to sign tokens with")
    bodies.place(call, request)
    spec = dict(request.get("spec") or {})
    if spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = tokens.DEFAULT_LIFETIME
    request["spec"] = spec
    entries = managed.updated(
        None, request, node, (), manager=optioned.manager_of(options, call.request), api_version=version,
        now=call.now(), subresource="token",
    )  # fmt: skip
    request["metadata"]["managedFields"] = list(entries)
    attributes = plugged.attributes(call, "CREATE", request, None, dry_run=options.dry_run)
    request = await plugged.mutate(call, attributes)
    await plugged.validate(call, attributes)
    answer = tokens.answer(
        services.issuer, services.reader, services.clock, services.entropy, info.namespace, info.name, request
    )
    return respond.tree(answer, call.accept, 201)
