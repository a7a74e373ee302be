"""U: the CPU time that a bare aiohttp and uvloop server spends on one 2.6 KB answer, in this run.

Cores differ from machine to machine and from hour to hour; a figure in U does not.  Run as a program it is
that server.
"""

import asyncio
import ssl
import sys

import uvloop
from aiohttp import web

BODY = b'{"x":"' + b"y" * 2600 + b'"}'


async def serve(certificate: str, key: str, ca: str) -> None:
    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=BODY, content_type="application/json")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    # As the measured one in the baselines: an application with a router.
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    assert runner.addresses
    print(f"ready https://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as looped:
        looped.run(serve(*sys.argv[1:4]))
