"""Names of images: `nginx`, `quay.io/org/app:v1`, `app@sha256:...`.  Pure.

`parse` fills in what Docker's tools fill in (`docker.io/library/`, `:latest`) and refuses what the
distribution grammar refuses; the kubelet makes `InvalidImageName` of the ValueError.
"""

import dataclasses
import re

_HOST = re.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
)
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    host: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        return f"{self.host}/{self.path}"

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """The whole name; raises ValueError with the words that the distribution's parser uses."""
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ValueError("invalid reference format")
    slash = rest.rfind("/")
    colon = rest.rfind(":")
    tag = ""
    if colon > slash:
        rest, tag = rest[:colon], rest[colon + 1 :]
        if not _TAG.fullmatch(tag):
            raise ValueError("invalid reference format")
    first, slash_, others = rest.partition("/")
    if slash_ and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        host, path = first, others
    else:
        host, path = "docker.io", rest
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(path):
        if path.lower() != path and _PATH.fullmatch(path.lower()):
            raise ValueError("invalid reference format: repository name must be lowercase")
        raise ValueError("invalid reference format")
    if host in ("docker.io", "index.docker.io"):
        host = "docker.io"
        path = path if "/" in path else f"library/{path}"
    if not tag and not digest:
        tag = "latest"
    return Reference(host, path, tag, digest)


def normal(text: str) -> str:
    """The whole name as the runtime lists it; an image id stays as it is."""
    if is_id(text):
        return text
    return str(parse(text))


def is_id(text: str) -> bool:
    return re.fullmatch(r"(?:sha256:)?[0-9a-f]{64}", text) is not None
