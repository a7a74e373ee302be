"""`steersman server`: the process that `up` starts.  Holds the data directory, runs the cluster, tells its steps."""

import asyncio
import logging
import pathlib
import sys

from steersman.cluster import advice, datadir, local, loop, process, progress
from steersman.cluster import config as configs
from steersman.cluster.network import setup
from steersman.cri import runtime
from steersman.kit import clock, entropy

log = logging.getLogger(__name__)
EXPECTED = (setup.NetworkError, runtime.RuntimeFault, local.StartError)
"""What a person can mend, besides what `advice` knows; each text is one line with the fix."""


def main(directory: pathlib.Path, shown: progress.Progress) -> int:
    """Run the cluster of a data directory until told to stop; the exit code."""
    data = datadir.DataDir(directory)
    loop.configure_logging()
    try:
        data.prepare()
        with data.held():
            config = configs.load(data.config)
            if config is None:
                raise configs.ConfigError(f"{data.config} is missing; `steersman up` writes it")
            loop.run(lambda stop: serve(config, data, shown, stop))
    except Exception as error:
        told = advice.advised(error, data) or (str(error) if isinstance(error, EXPECTED) else "")
        if told:
            log.error("%s", told)
        else:
            log.exception("the cluster ended")
            told = f"{type(error).__name__}: {error}; the whole story is in {data.log}"
        shown.tell(progress.Step("error", told))
        return 1
    return 0


async def serve(
    config: configs.ClusterConfig, data: datadir.DataDir, shown: progress.Progress, stop: asyncio.Event
) -> None:
    """The cluster until `stop`, or until a part of it dies: then everything ends, and it is said why."""
    time = clock.RealClock()
    faults: list[str] = []

    def fault(name: str, error: BaseException) -> None:
        faults.append(f"{name}: {error!r}")
        stop.set()

    cluster = local.Cluster(config, data, time, entropy.SystemEntropy(), on_fault=fault)

    def told(kind: str, text: str) -> None:
        shown.tell(progress.Step(kind, text, process.age()))

    try:
        url = await cluster.start(told)
        process.write(data.process, process.myself(url, data.id))
        told("ready", f"Kubernetes answers at {url}")
        loop.started()
        await stop.wait()
    finally:
        log.info("stopping")
        data.process.unlink(missing_ok=True)
        stuck = await cluster.stop()
        if stuck:
            log.error("did not end: %s", ", ".join(stuck))
    if faults:
        sys.stderr.write("".join(f"ended because of {fault}\n" for fault in faults))
        raise local.StartError(f"a part of the cluster ended: {faults[0]}")
