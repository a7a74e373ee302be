"""`python -m bench [api] [cluster]`: the table."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from rich import box, console, table

from bench import apiserver, cluster, measure

OUT = console.Console()
ERR = console.Console(stderr=True, style="dim")


async def yardstick(data: Path) -> float:
    """U in milliseconds."""
    pki = data / "pki"
    names = [str(pki / name) for name in ("apiserver.crt", "apiserver.key", "ca.crt")]
    with measure.served("-m", "bench.yardstick", *names) as bare:
        async with measure.session(pki) as session:
            api = apiserver.Api(session, bare.url)

            async def get(_: int) -> None:
                await api("GET", "/any")

            await measure.load("", bare, get, clients=16, count=1000)
            row = await measure.load("", bare, get, clients=16, count=6000)
    return row.cpu


async def api_table() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with measure.served("-m", "steersman.cli.main", "apiserver", "--data-dir", folder, "--port", "0") as server:
            unit = await yardstick(data)
            OUT.print(f"U = {unit:.4f} ms; exec to ready {server.ready_after:.2f} s; {server.memory():.0f} MB at start")
            shown = table.Table(box=box.SIMPLE)
            for name in ("work", "rate/s", "p50 ms", "p99 ms", "CPU ms", "U", "must U"):
                shown.add_column(name, justify="left" if name == "work" else "right")
            begun = time.perf_counter()
            async for row in apiserver.run(data, server):
                units = row.cpu / unit
                ERR.print(f"  {time.perf_counter() - begun:5.1f} s  {row.work}: {units:.2f} U")
                mark = "" if row.must is None or units <= row.must else " [red]over[/]"
                shown.add_row(
                    row.work, f"{row.rate:,.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}", f"{row.cpu:.4f}",
                    f"{units:.2f}{mark}", f"{row.must or ''}",
                )  # fmt: skip
            OUT.print(shown)
            OUT.print(f"{server.memory():.0f} MB after")


def cluster_table() -> None:
    if os.geteuid() != 0:
        OUT.print("the cluster's rows need root")
        return
    shown = table.Table(box=box.SIMPLE)
    for name in ("work", "measured", "must"):
        shown.add_column(name, justify="left" if name == "work" else "right")
    for work, figure, must in cluster.figures():
        shown.add_row(work, figure, must)
    OUT.print(shown)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["api", "cluster"]
    if "api" in wanted:
        asyncio.run(api_table())
    if "cluster" in wanted:
        cluster_table()
