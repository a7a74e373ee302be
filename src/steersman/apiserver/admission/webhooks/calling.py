"""Asking a webhook: one POST of JSON, one answer of JSON.

No redirect is followed, no answer longer than `LIMIT` is read, and nothing takes longer than it may.  Whatever goes
wrong is a `CallFailed` with the words of Kubernetes' client, which name the address asked.
"""

import urllib.parse
from collections.abc import Mapping
from typing import Any

import msgspec

from steersman.api import codec, status
from steersman.apiserver import dialer as dialers
from steersman.apiserver.admission.webhooks.configurations import Client
from steersman.apiserver.admission.webhooks.refusals import CallFailed
from steersman.client import transport
from steersman.kit import clock as clocks
from steersman.kit import http

LIMIT = 4 * 1024 * 1024
"""Of an answer: more than any object with the patch that replaces it."""
SHOWN = 2048
"""How much of a refusal in plain text is told on."""
_HEADERS = {
    "accept": "application/json, */*",
    "content-type": "application/json",
    "user-agent": "kube-apiserver-admission",
}


async def post(
    dialer: dialers.Dialer, clock: clocks.Clock, client: Client, body: Mapping[str, Any], seconds: float
) -> Any:
    """The decoded answer.  Raises CallFailed."""
    base, path = address(client)
    query = [("timeout", f"{seconds:g}s")]
    headers = {**_HEADERS, "host": base.partition("://")[2]}
    request = http.Request("POST", path, query, headers, msgspec.json.encode(body))
    where = f'Post "{base}{request.target}"'
    try:
        async with clock.timeout(seconds):
            answer = await (await _way(dialer, client)).send(request)
            code, media, content = await _content(answer)
    except TimeoutError as error:
        raise CallFailed(f"{where}: context deadline exceeded") from error
    except ConnectionError as error:
        raise CallFailed(f"{where}: {error}") from error
    if not 200 <= code <= 206:
        raise CallFailed(refusal(code, media, content))
    try:
        return codec.decode_json(content)
    except (codec.DecodeError, status.StatusError) as error:
        text = str(error)
        prefix = "couldn't get version/kind; json parse error: "
        raise CallFailed(text if text.startswith(prefix) else prefix + text) from error


def address(client: Client) -> tuple[str, str]:
    """Scheme and host as errors show them, and the path."""
    if client.service:
        return f"https://{client.service}.{client.namespace}.svc:{client.port}", _path(client.path)
    parts = urllib.parse.urlsplit(client.url)
    return f"{parts.scheme}://{parts.netloc}", _path(parts.path)


def _path(path: str) -> str:
    """Without what would climb out of it, encoded."""
    kept: list[str] = []
    for step in path.split("/"):
        if step == "..":
            kept = kept[:-1]
        elif step not in ("", "."):
            kept.append(urllib.parse.quote(urllib.parse.unquote(step), safe="!$&'()*+,;=:@~-._"))
    return "/" + "/".join(kept)


async def _way(dialer: dialers.Dialer, client: Client) -> transport.Transport:
    if client.service:
        return await dialer.service(client.namespace, client.service, str(client.port), scheme="https", ca=client.ca)
    return await dialer.url(client.url, client.ca)


async def _content(answer: http.Answer) -> tuple[int, str, bytes]:
    """Code, type and body.  Raises ConnectionError."""
    if isinstance(answer, http.Upgrade):
        raise ConnectionError("the webhook wants to speak another protocol")
    if isinstance(answer, http.Response):
        return answer.status, answer.content_type, answer.body
    pieces, size = [], 0
    try:
        async for piece in answer.frames:
            size += len(piece)
            if size > LIMIT:
                raise ConnectionError(f"the answer is longer than {LIMIT} bytes")
            pieces.append(piece)
    finally:
        await answer.aclose()
    return answer.status, answer.content_type, b"".join(pieces)


_SAID = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    409: "the server reported a conflict",
    422: "the server rejected our request due to an error in our request",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, but may still be processing the request",
}


def refusal(code: int, media: str, content: bytes) -> str:
    """What an answer that is none says, as Kubernetes' client puts it."""
    told = _status(content)
    if told:
        return told
    text = "unknown"
    if media.startswith("text/") or not media:
        text = content[:SHOWN].decode(errors="replace").strip()
    if code in (403, 406, 415):
        return text
    if code in _SAID:
        return _SAID[code]
    if code >= 500:
        return f"an error on the server ({status.quoted(text)}) has prevented the request from succeeding"
    return f"the server responded with the status code {code} but did not return more information"


def _status(content: bytes) -> str:
    """The message of a Status; empty where it is none."""
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(tree, dict) and tree.get("kind") == "Status" and isinstance(tree.get("message"), str):
        return str(tree["message"])
    return ""
