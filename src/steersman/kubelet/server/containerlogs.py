"""`/containerLogs/{namespace}/{pod}/{container}`: what a container has written.

The refusals are the kubelet's own words; the API server hands them on, so users read them.
"""

from collections.abc import Callable, Sequence

from steersman.cri import logs
from steersman.kit import http
from steersman.kit.clock import Clock
from steersman.kubelet.server import answers, logfile
from steersman.kubelet.server.pods import ContainerRef, Pods

_WAITING = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


class Invalid(ValueError):
    """A query parameter makes no sense."""


def options(query: Sequence[tuple[str, str]], now: float) -> logfile.Options:
    """The options of a request.  Raises Invalid."""
    values = dict(reversed(query))  # the first of a name wins
    since = None
    if values.get("sinceTime"):
        since = logs.seconds(values["sinceTime"])
        if since is None:
            raise Invalid("sinceTime")
    elif values.get("sinceSeconds"):
        since = now - _number(values, "sinceSeconds", least=1)
    stream = values.get("stream") or "All"
    if stream not in ("All", "Stdout", "Stderr"):
        raise Invalid("stream")
    return logfile.Options(
        follow=_flag(values.get("follow")),
        timestamps=_flag(values.get("timestamps")),
        tail=_number(values, "tailLines") if values.get("tailLines") else None,
        since=since,
        limit=_number(values, "limitBytes", least=1) if values.get("limitBytes") else None,
        stream=stream,
    )


def _flag(value: str | None) -> bool:
    return value is not None and value.lower() in ("1", "t", "true")


def _number(values: dict[str, str], name: str, least: int = 0) -> int:
    try:
        number = int(values[name])
    except ValueError as error:
        raise Invalid(name) from error
    if number < least:
        raise Invalid(name)
    return number


async def answer(
    request: http.Request,
    source: Callable[[str], logfile.Logs],
    pods: Pods,
    clock: Clock,
    namespace: str,
    pod: str,
    container: str,
) -> http.Answer:
    found = pods.find(namespace, pod)
    if found is None:
        return answers.text(404, f'pod "{pod}" does not exist')
    ref = found.containers.get(container)
    if ref is None:
        return answers.text(404, f'container "{container}" not found in pod "{pod}"')
    try:
        chosen = options(request.query, clock.now())
    except Invalid:
        return answers.json({"message": "Invalid request."}, 422)
    previous = _flag(request.param("previous"))
    path = _path(ref, previous)
    if not path:
        return answers.text(400, _refusal(ref, pod, previous))

    def running() -> bool:
        now = pods.find(namespace, pod)
        if previous or now is None or now.uid != found.uid:
            return False
        current = now.containers.get(container)
        return current is not None and current.running and current.id == ref.id

    return http.Stream(logfile.read(source(path), path, chosen, clock, running), content_type="text/plain")


def _path(ref: ContainerRef, previous: bool) -> str:
    if previous:
        return ref.previous_log_path
    return (ref.log_path if ref.id else "") or ref.previous_log_path


def _refusal(ref: ContainerRef, pod: str, previous: bool) -> str:
    if previous:
        return f'previous terminated container "{ref.name}" in pod "{pod}" not found'
    if ref.waiting:
        return f'container "{ref.name}" in pod "{pod}" is waiting to start: {_WAITING.get(ref.waiting, ref.waiting)}'
    return f'container "{ref.name}" in pod "{pod}" is not available'
