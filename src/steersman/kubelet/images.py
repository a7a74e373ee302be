"""Images for containers: whether one is there, may be pulled, must be waited for.

One pull of an image at a time, a few images at once; a failed pull waits 10 s, doubling to 5 min, for each pod
and image.  The outcome is an `ImageStatus` or an `ImageFault`, whose reason and message go into the container's
status as they are.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api.tree import Tree
from steersman.cri import reference
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.pods import backoff, spec
from steersman.kubelet.tell import NORMAL, WARNING, Teller


class ImageFault(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Images:
    def __init__(self, runtime: cri.ContainerRuntime, clock: Clock, tell: Teller, parallel: int = 3) -> None:
        self._runtime = runtime
        self._clock = clock
        self._tell = tell
        self._slots = asyncio.Semaphore(parallel)
        self._pulling: dict[str, asyncio.Lock] = {}
        self._backoffs: dict[tuple[str, str], tuple[backoff.Entry, str]] = {}

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        for key in [key for key in self._backoffs if key[0] == uid]:
            del self._backoffs[key]

    async def ensure(self, pod: Tree, container: Tree, secrets: Sequence[Tree] = ()) -> cri.ImageStatus:
        """The image of a container, brought if need be; tells what happened.  Raises ImageFault."""
        image = str(container.get("image") or "")
        name = container["name"]
        try:
            parsed = reference.parse(image) if not reference.is_id(image) else None
        except ValueError as error:
            message = f'Failed to apply default image tag "{image}": ' + unreadable(image, error)
            self._tell.container(pod, name, WARNING, "InspectFailed", message)
            raise ImageFault("InvalidImageName", message) from error
        policy = container.get("imagePullPolicy") or ("Always" if parsed and parsed.tag == "latest" else "IfNotPresent")
        present = await self._runtime.image_status(image)
        if present is not None and policy != "Always":
            said = f'Container image "{image}" already present on machine and can be accessed by the pod'
            self._tell.container(pod, name, NORMAL, "Pulled", said)
            return present
        if present is None and policy == "Never":
            message = f'Container image "{image}" is not present with pull policy of Never'
            self._tell.container(pod, name, WARNING, "ErrImageNeverPull", message)
            raise ImageFault("ErrImageNeverPull", message)
        return await self._pull(pod, name, image, credentials(secrets, parsed.host if parsed else ""))

    async def _pull(self, pod: Tree, name: str, image: str, known: Sequence[cri.Credentials]) -> cri.ImageStatus:
        key = (spec.uid(pod), image)
        failed = self._backoffs.get(key)
        now = self._clock.monotonic()
        if failed is not None and now < failed[0].updated + failed[0].delay:
            self._tell.container(pod, name, NORMAL, "BackOff", f'Back-off pulling image "{image}"')
            raise ImageFault("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {failed[1]}')
        self._tell.container(pod, name, NORMAL, "Pulling", f'Pulling image "{image}"')
        asked = self._clock.monotonic()
        lock = self._pulling.setdefault(image, asyncio.Lock())
        try:
            async with lock, self._slots:
                began = self._clock.monotonic()
                await self._fetch(image, known)
                took = self._clock.monotonic()
            status = await self._runtime.image_status(image)
        except cri.ImagePullFault as error:
            message = str(error)
            self._tell.container(pod, name, WARNING, "Failed", f'Failed to pull image "{image}": {message}')
            entry = failed[0] if failed else None
            self._backoffs[key] = (backoff.following(entry, now, self._clock.monotonic()), message)
            raise ImageFault("ErrImagePull", message) from error
        finally:
            if not lock.locked():
                self._pulling.pop(image, None)
        self._backoffs.pop(key, None)
        if status is None:
            raise ImageFault("ErrImagePull", f'image "{image}" is not there after it was pulled')
        self._tell.container(
            pod, name, NORMAL, "Pulled",
            f'Successfully pulled image "{image}" in {milliseconds(took - began)} '
            f"({milliseconds(took - asked)} including waiting). Image size: {status.size} bytes.",
        )  # fmt: skip
        return status

    async def _fetch(self, image: str, known: Sequence[cri.Credentials]) -> None:
        fault: cri.ImagePullFault | None = None
        for one in known or (None,):
            try:
                await self._runtime.pull_image(image, one)
            except cri.ImagePullFault as error:
                fault = error
            else:
                return
        assert fault is not None
        raise fault


def milliseconds(seconds: float) -> str:
    """As Go prints a duration rounded to milliseconds."""
    whole = round(seconds * 1000)
    if whole < 1000:
        return f"{whole}ms" if whole else "0s"
    minutes, rest = divmod(whole, 60_000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{minutes}m{text}" if minutes else text


def unreadable(image: str, error: ValueError) -> str:
    """What is wrong with an image's name, in the words of the reference parser."""
    first, slash, rest = image.partition("/")
    if not slash or ("." not in first and ":" not in first and first != "localhost" and first.lower() == first):
        rest = image if slash else f"library/{image}"
    remote = rest.partition(":")[0]
    why = str(error)
    if remote.lower() != remote:
        why = f"invalid reference format: repository name ({remote}) must be lowercase"
    return f'couldn\'t parse image name "{image}": {why}'


def credentials(secrets: Sequence[Tree], host: str) -> list[cri.Credentials]:
    """What the given docker-config Secrets hold for a registry."""
    made = []
    for secret in secrets:
        data = secret.get("data") or {}
        for key in (".dockerconfigjson", ".dockercfg"):
            if key not in data:
                continue
            try:
                loaded = json.loads(base64.b64decode(data[key]))
            except (ValueError, binascii.Error):
                continue
            entries: Mapping[str, Any] = loaded.get("auths") or {} if key == ".dockerconfigjson" else loaded
            for server, entry in entries.items():
                if _host(server) == host or (host == "docker.io" and _host(server) == "index.docker.io"):
                    made.append(_entry(entry))
    return made


def _host(server: str) -> str:
    return server.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _entry(entry: Mapping[str, str]) -> cri.Credentials:
    if entry.get("auth"):
        user, _, password = base64.b64decode(entry["auth"]).decode(errors="replace").partition(":")
        return cri.Credentials(user, password)
    return cri.Credentials(entry.get("username", ""), entry.get("password", ""), entry.get("identitytoken", ""))
