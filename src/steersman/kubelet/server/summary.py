"""Figures of the node's pods: `/stats/summary` and `/metrics/resource`.

The runtime gives processor time used so far; a rate needs two samples.  The server keeps the last sample that
is at least `WINDOW` seconds old beside the newest, and computes the rate between them; the first answer has no
rate, as the kubelet's first has none.  A virtual node shares its machine with others, so the node's own
figures are the sum of its pods'.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.server.pods import Pods

WINDOW = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    cpu_nanoseconds: int
    memory_bytes: int
    at: float
    nanocores: int | None


class Figures:
    """Samples of one runtime."""

    def __init__(self, runtime: cri.ContainerRuntime, clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._older: Mapping[str, cri.ContainerStats] = {}
        self._newer: Mapping[str, cri.ContainerStats] = {}
        self._taken = float("-inf")

    async def sample(self) -> dict[str, Usage]:
        """Usage by container id, now."""
        now = self._clock.monotonic()
        current = {stats.id: stats for stats in await self._runtime.stats()}
        if now - self._taken >= WINDOW:
            self._older, self._newer, self._taken = self._newer, current, now
        found = {}
        for id, stats in current.items():
            before = self._newer.get(id)
            if before is None or before.at >= stats.at:
                before = self._older.get(id)
            found[id] = Usage(stats.cpu_nanoseconds, stats.memory_bytes, stats.at, rate(before, stats))
        return found


def rate(before: cri.ContainerStats | None, after: cri.ContainerStats) -> int | None:
    """Billionths of a core between two samples; None where there is no time between them."""
    if before is None or after.at <= before.at:
        return None
    return max(int((after.cpu_nanoseconds - before.cpu_nanoseconds) / (after.at - before.at)), 0)


async def summary(node: str, pods: Pods, figures: Figures, stamp: Any) -> dict[str, Any]:
    """`stamp` turns Unix seconds into the API's time."""
    usages = await figures.sample()
    shown = []
    for pod in pods.refs():
        containers = [
            {"name": ref.name, "startTime": stamp(ref.started_at), **_figures([usages[ref.id]], stamp)}
            for ref in pod.containers.values()
            if ref.id in usages
        ]
        total = [usages[ref.id] for ref in pod.containers.values() if ref.id in usages]
        shown.append(
            {
                "podRef": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
                "startTime": stamp(pod.started_at),
                "containers": containers,
                **_figures(total, stamp),
            }
        )
    everything = list(usages.values())
    return {"node": {"nodeName": node, **_figures(everything, stamp)}, "pods": shown}


def _figures(usages: Sequence[Usage], stamp: Any) -> dict[str, Any]:
    if not usages:
        return {}
    at = stamp(max(usage.at for usage in usages))
    cpu: dict[str, Any] = {"time": at, "usageCoreNanoSeconds": sum(usage.cpu_nanoseconds for usage in usages)}
    rates = [usage.nanocores for usage in usages if usage.nanocores is not None]
    if rates:
        cpu["usageNanoCores"] = sum(rates)
    memory = sum(usage.memory_bytes for usage in usages)
    return {"cpu": cpu, "memory": {"time": at, "usageBytes": memory, "workingSetBytes": memory}}


_METRICS = (
    ("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the container in core-seconds"),
    ("container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes"),
    ("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds"),
    ("node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node in core-seconds"),
    ("node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes"),
    ("pod_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the pod in core-seconds"),
    ("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes"),
)


async def resource_metrics(pods: Pods, figures: Figures) -> bytes:
    """What metrics-server scrapes, in Prometheus' text format."""
    usages = await figures.sample()
    lines: dict[str, list[str]] = {name: [] for name, _, _ in _METRICS}
    for pod in pods.refs():
        mine = [(ref, usages[ref.id]) for ref in pod.containers.values() if ref.id in usages]
        for ref, usage in mine:
            labels = f'{{container="{ref.name}",namespace="{pod.namespace}",pod="{pod.name}"}}'
            _add(lines, "container", labels, [usage])
            lines["container_start_time_seconds"].append(f"{labels} {ref.started_at:.3f}")
        if mine:
            _add(lines, "pod", f'{{namespace="{pod.namespace}",pod="{pod.name}"}}', [usage for _, usage in mine])
    if usages:
        _add(lines, "node", "", list(usages.values()))
    text = []
    for name, kind, help in _METRICS:
        if lines[name]:
            text.append(f"# HELP {name} [STABLE] {help}\n# TYPE {name} {kind}\n")
            text.extend(f"{name}{line}\n" for line in lines[name])
    return "".join(text).encode()


def _add(lines: dict[str, list[str]], what: str, labels: str, usages: Sequence[Usage]) -> None:
    at = int(max(usage.at for usage in usages) * 1000)
    seconds = sum(usage.cpu_nanoseconds for usage in usages) / 1e9
    memory = sum(usage.memory_bytes for usage in usages)
    lines[f"{what}_cpu_usage_seconds_total"].append(f"{labels} {seconds:.6f} {at}")
    lines[f"{what}_memory_working_set_bytes"].append(f"{labels} {memory} {at}")
