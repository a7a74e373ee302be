"""The API server: one handler, and the list of what happens to a request on its way.

    authenticate    who is it; a transport in the same process has said so already
    impersonate     acting as whom
    locate          which resource, in which form, or which other path
    authorize       may they
    dispatch        the verb

Whatever is no watch and no connection is given a time to end in (`deadlines`).  Refusals are `StatusError`s from
anywhere below and become answers here, and nowhere else.  An exception that nobody expected is logged with its
trace and answered with 500.
"""

import asyncio
import collections
import logging
from collections.abc import Mapping
from typing import Any

from steersman.api import fields, resources, status
from steersman.apiserver import bootstrap, deadlines, discovery, expiry, routing, statuses
from steersman.apiserver import config as configs
from steersman.apiserver import dialer as dialers
from steersman.apiserver.access import assembly, authorization, impersonation, tokens
from steersman.apiserver.access.attributes import Attributes
from steersman.apiserver.admission import chain, plugin
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import lifecycle
from steersman.apiserver.discovery.snapshot import Snapshot
from steersman.apiserver.http import health, info, negotiate, respond
from steersman.apiserver.services import Services
from steersman.apiserver.verbs import converting, write_status
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import http, pki, tasks
from steersman.store import protocol

log = logging.getLogger(__name__)
SELF = http.User("system:apiserver", (authorization.SUPERUSERS, authorization.AUTHENTICATED))
"""As whom the API server acts on its own account."""
PATHS = ("/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version")
DRAIN = 5.0


class ApiServer:
    def __init__(self, services: Services) -> None:
        self.services = services
        self.ready = False
        self.requests: collections.Counter[tuple[str, str, int]] = collections.Counter()
        """By verb, resource and code."""
        self._tasks = tasks.TaskGroup("apiserver")
        self._deadlines = deadlines.Deadlines(services.clock, services.config.request_timeout)
        self._snapshot: Snapshot | None = None
        # Audit ids are unlike those of any other server, and counted.
        self._audit, self._answered = services.entropy.uuid()[:24], 0
        self._checks: dict[str, health.Check] = {
            "ping": lambda: "",
            "log": lambda: "",
            "etcd": lambda: "",
            "informer-sync": lambda: "",
            "poststarthook/bootstrap": lambda: "" if self.ready else "not finished",
        }

    @classmethod
    def build(
        cls,
        *,
        store: protocol.Store,
        clock: clocks.Clock,
        entropy: entropies.Entropy,
        config: configs.Config = configs.Config(),
        dialer: dialers.Dialer | None = None,
        signing_key: bytes | None = None,
        static_tokens: Mapping[str, http.User] | None = None,
    ) -> "ApiServer":
        """An API server over a store, not started.  Without a key it makes one to sign tokens with."""
        services = Services(store, clock, entropy, config, dialer or dialers.NoDialer())
        services.issuer = tokens.Issuer(signing_key or pki.new_key(), issuer=config.issuer)
        access = assembly.assemble(
            services.reader, clock, services.issuer, static=static_tokens, anonymous=config.anonymous
        )
        services.authenticator, services.resolver = access.authenticator, access.roles
        services.authorizer = access.authorizer if config.authorization else Everything()
        server = cls(services)
        if config.admission:
            context = plugin.Context(
                services.reader, clock, entropy, services.authorizer,
                access.roles if config.authorization else None, write_status.writer(services),
                plugin.Config(config.default_toleration_seconds, config.service_ca),
                services.dialer, lambda: services.resources, services.aside,
            )  # fmt: skip
            services.chain = chain.default_chain(context)
        return server

    async def start(self) -> None:
        """Make what a fresh cluster has, and begin the background work.  Then `/readyz` is ok."""
        self.services.definitions.start()
        await bootstrap.run(self.services, self.handle, SELF)
        self._tasks.spawn(bootstrap.compaction(self.services), "compaction")
        self._tasks.spawn(expiry.run(self.services), "expiry")
        self._tasks.spawn(statuses.run(self.services, self.handle, SELF), "statuses")
        self._tasks.spawn(lifecycle.run(self.services, self.handle, SELF), "definitions")
        self.ready = True

    async def close(self) -> None:
        """End watches and background work.  The store is its owner's to close."""
        self.ready = False
        self.services.hubs.close()
        self.services.reader.close()
        self.services.definitions.close()
        await self._tasks.close()
        self._deadlines.close()
        self.services.aside.close()
        await self.services.dialer.close()

    async def handle(self, request: http.Request) -> http.Answer:
        """Answer one request.  Raises nothing but cancellation."""
        accept = negotiate.DEFAULT
        warnings: list[str] = []
        about = info.parse(request.method, request.path, request.query)
        try:
            routing.check_escapes(request.path)
            limit = deadlines.seconds(request, about, self.services.config.request_timeout)
            user = self._authenticate(request, about)
            accept = self._negotiate(request, about)
            answer = await self._dispatch(request, about, user, accept, warnings, limit)
        except status.StatusError as error:
            answer = respond.refusal(error, _for_errors(accept))
        except routing.NoSuchPath:
            answer = respond.text("404 page not found\n", 404)
        except routing.BrokenPathError:
            answer = http.Response(400, "text/plain; charset=utf-8", (b"400 Bad Request",))
        except protocol.Unavailable as error:
            answer = respond.refusal(status.internal(f"the store cannot write: {error}"), _for_errors(accept))
        except RecursionError:
            answer = respond.refusal(status.bad_request("the object nests too deeply"), _for_errors(accept))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)  # a query may hold what nobody should read
            answer = respond.refusal(status.internal("an unexpected error; see the server's log"), _for_errors(accept))
        code = answer.status if not isinstance(answer, http.Upgrade) else 101
        self.requests[*self._counted(about), code] += 1
        if request.user is None or warnings:
            self._answered += 1
            extra = [("Audit-Id", f"{self._audit}{self._answered:012x}"), *respond.ALWAYS]
            answer.headers = (*answer.headers, *extra, *(respond.warning_headers(warnings) if warnings else ()))
        return answer

    def _authenticate(self, request: http.Request, about: info.RequestInfo) -> http.User:
        user = request.user
        if user is None:
            user = self.services.authenticator.authenticate(request)
        if impersonation.wanted(request.headers):
            asked = self._attributes(request, about, user)
            user = impersonation.apply(request.headers, asked, self.services.authorizer)
        return user

    def _negotiate(self, request: http.Request, about: info.RequestInfo) -> negotiate.Accept:
        header = request.headers.get("accept", "")
        if not about.is_resource or about.subresource in _ANYTHING:
            return negotiate.DEFAULT
        return negotiate.negotiate(header, _is_pretty(request), streams=about.verb in ("list", "watch"))

    async def _dispatch(
        self,
        request: http.Request,
        about: info.RequestInfo,
        user: http.User,
        accept: negotiate.Accept,
        warnings: list[str],
        limit: float | None,
    ) -> http.Answer:
        self._authorize(request, about, user)
        if not about.is_resource:
            return await self._path(request)
        services = self.services
        resource = routing.find(services.resources, about)
        serve = routing.serve(resource, about)
        if request.method == "HEAD":
            raise routing.not_allowed()
        version = definitions.version_of(resource)
        deprecated = routing.DEPRECATED.get(resource.name) if version is None else version.deprecated
        if deprecated:
            warnings.append(deprecated)
        if len(request.body) > services.config.body_limit:
            raise status.too_large(f"limit is {services.config.body_limit}")
        if accept.transform == "Table":
            accept = self._tables_apart(request, about, resource, accept)
        call = Call(services, request, about, user, services.registry(resource), accept, warnings)
        if request.method == "GET" and version is None:
            return await serve(call)
        work = serve(call) if call.registry.conversions is None else converting.serve(call, serve)
        return await (work if limit is None else self._deadlines.within(limit, about, work))

    def _tables_apart(
        self, request: http.Request, about: info.RequestInfo, resource: resources.Resource, accept: negotiate.Accept
    ) -> negotiate.Accept:
        """What is served to who asked for a Table: the client's next choice where there are no Tables."""
        from steersman.api import printers

        if printers.is_convertible(resource, about.subresource):
            return accept
        return negotiate.negotiate(request.headers.get("accept", ""), accept.pretty, tables=False)

    def _authorize(self, request: http.Request, about: info.RequestInfo, user: http.User) -> None:
        if authorization.SUPERUSERS in user.groups:
            return
        attributes = self._attributes(request, about, user)
        decision = self.services.authorizer.authorize(attributes)
        if not decision.allowed:
            raise authorization.refusal(attributes, decision)

    def _attributes(self, request: http.Request, about: info.RequestInfo, user: http.User) -> Attributes:
        name = about.name
        selector = request.param("fieldSelector") if about.verb in ("list", "watch", "deletecollection") else None
        if selector and not name:
            name = fields.exact(selector, "metadata.name")
        return Attributes(
            user, about.verb, about.group, about.version, about.resource, about.subresource, about.namespace, name,
            request.path, about.is_resource, selector,
        )  # fmt: skip

    async def _path(self, request: http.Request) -> http.Response:
        """What is no resource: health, metrics, discovery, the keys of tokens."""
        found: http.Response | None = None
        first = request.path.strip("/").split("/")[0]
        if request.path.startswith("//") or (first in _EXACT and request.path.endswith("/")):
            raise routing.NoSuchPath
        if first in ("healthz", "livez", "readyz"):
            found = health.answer(request, first, self._checks)
        elif request.path == "/metrics":
            found = respond.text(self._metrics())
        elif request.path == tokens.DISCOVERY_PATH:
            config = self.services.config
            url = f"https://{config.advertise_address}:{config.advertise_port}{tokens.KEYS_PATH}"
            found = http.Response(chunks=(self.services.issuer.discovery(url),))
        elif request.path == tokens.KEYS_PATH:
            found = http.Response(content_type="application/jwk-set+json", chunks=(self.services.issuer.keys(),))
        elif request.path.startswith("/openapi/"):
            # A document of megabytes, made when somebody first asks after what is served has changed.
            found = await self.services.aside.run(discovery.answer, request, self._discovery())
        else:
            found = discovery.answer(request, self._discovery())
        if found is None:
            if request.path.startswith(("/api/", f"{tokens.KEYS_PATH}/")) or self._group_path(request.path):
                raise routing.no_resource()
            raise routing.NoSuchPath
        return found

    def _group_path(self, path: str) -> bool:
        """Below a group that is built in."""
        parts = path.strip("/").split("/")
        return len(parts) > 2 and parts[0] == "apis" and resources.BUILTIN.group(parts[1]) is not None

    def _discovery(self) -> Snapshot:
        table, config = self.services.resources, self.services.config
        if self._snapshot is None or self._snapshot.table is not table:
            address = f"{config.advertise_address}:{config.advertise_port}"
            self._snapshot = Snapshot(table, address, PATHS, definitions.schema_of)
        return self._snapshot

    def _counted(self, about: info.RequestInfo) -> tuple[str, str]:
        """Verb and resource as requests are counted: only what there is, for a client can make up any number of
        names, and a counter stays."""
        if about.is_resource:
            known = self.services.resources.find(about.group, about.version, about.resource) is not None
            return about.verb or "other", about.resource if known else ""
        return about.verb if about.verb in _METHODS else "other", about.path if about.path in PATHS else ""

    def _metrics(self) -> str:
        lines = ["# TYPE apiserver_request_total counter"]
        for (verb, resource, code), count in sorted(self.requests.items()):
            labels = f'verb="{verb.upper()}",resource="{resource}",code="{code}"'
            lines.append(f"apiserver_request_total{{{labels}}} {count}")
        lines += ["# TYPE apiserver_registered_watchers gauge"]
        lines.append(f"apiserver_registered_watchers {self.services.hubs.watchers}")
        lines += ["# TYPE apiserver_storage_revision gauge"]
        lines.append(f"apiserver_storage_revision {self.services.store.revision}")
        return "\n".join(lines) + "\n"


class Everything:
    """An authoriser that refuses nothing."""

    def authorize(self, attributes: Any) -> authorization.Decision:
        return authorization.ALLOW


_EXACT = ("healthz", "livez", "readyz", "openapi")
"""Below these a path that ends in a slash is another path, and there is none."""
_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_ANYTHING = ("log", "exec", "attach", "portforward", "proxy")


_PEOPLE = ("curl", "Wget", "Mozilla/5.0")
"""What the User-Agent begins with where a person reads the answer."""


def _is_pretty(request: http.Request) -> bool:
    """Whether the answer is indented: as `pretty` says, and without it for a person."""
    asked = request.param("pretty") if request.query else ""
    if asked:
        return asked in ("1", "t", "T", "true", "TRUE", "True")
    return request.headers.get("user-agent", "").startswith(_PEOPLE)


def _for_errors(accept: negotiate.Accept) -> negotiate.Accept:
    return negotiate.Accept(accept.media, pretty=accept.pretty)
