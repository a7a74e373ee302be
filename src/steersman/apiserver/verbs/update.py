"""PUT: an object as a whole, or its status."""

from steersman.api.tree import MutableTree
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs import change as changing
from steersman.apiserver.verbs.create import answered
from steersman.kit import http


async def update(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "UpdateOptions")
    sent = await call.apart(bodies.received, call, options)
    bodies.place(call, sent)
    bodies.check_name(call, sent)
    strategy = call.registry.strategy
    first = [sent]

    def make(fresh: changing.Fresh) -> MutableTree:
        """What was sent; after a lost race it is read again, for the first reading has been changed."""
        if first:
            return first.pop()
        again = bodies.received(call, options)
        bodies.place(call, again)
        return again

    def absent() -> MutableTree:
        return make(dict)

    creates = strategy.create_on_update and not call.info.subresource
    written = await changing.change(
        call, make, options, absent=absent if creates else None, unconditional=strategy.unconditional_update
    )
    return await answered(call, written, 201 if written.created else 200)
