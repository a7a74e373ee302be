"""`python -m bench [api] [cluster] [simulated]`: the table."""

import asyncio
import compileall
import contextlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from rich import box, console, table

from bench import apiserver, cluster, measure

OUT = console.Console(soft_wrap=True, width=120 if not sys.stdout.isatty() else None)
ERR = console.Console(stderr=True, style="dim", soft_wrap=True)


class Yardstick:
    """Measures U, in milliseconds, again and again: a machine that others use is not equally fast for a minute."""

    def __init__(self, bare: measure.Served, api: apiserver.Api) -> None:
        self._bare = bare
        self._api = api

    async def unit(self, count: int = 2500) -> float:
        row = await measure.load("", self._bare, self._get, clients=16, count=count)
        return row.cpu

    async def _get(self, _: int) -> None:
        await self._api("GET", "/any")


@contextlib.asynccontextmanager
async def yardstick(pki: Path) -> AsyncIterator[Yardstick]:
    names = [str(pki / name) for name in ("apiserver.crt", "apiserver.key", "ca.crt")]
    with measure.served("-m", "bench.yardstick", *names) as bare:
        async with measure.session(pki) as session:
            made = Yardstick(bare, apiserver.Api(session, bare.url))
            await made.unit(1000)
            yield made


def compiled() -> None:
    """Bytecode beside the sources, as an installation has it.

    Without it a start is mostly compiling: an environment that writes none (`PYTHONDONTWRITEBYTECODE`) and an editable
    installation would do so at every start.
    """
    folder = importlib.util.find_spec("steersman")
    assert folder is not None
    assert folder.submodule_search_locations
    compileall.compile_dir(folder.submodule_search_locations[0], quiet=2)


async def api_table() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with measure.served("-m", "steersman.cli.main", "apiserver", "--data-dir", folder, "--port", "0") as server:
            OUT.print(f"exec to ready {server.ready_after:.2f} s, {server.memory():.0f} MB at start")
            shown = table.Table(box=box.SIMPLE)
            for name in ("work", "rate/s", "p50 ms", "p99 ms", "CPU ms", "U ms", "U", "must"):
                shown.add_column(name, justify="left" if name == "work" else "right", no_wrap=True)
            begun = time.perf_counter()
            async with yardstick(data / "pki") as yard:
                before = await yard.unit()
                async for row in apiserver.run(data, server):
                    after = await yard.unit()
                    unit, before = (before + after) / 2, after
                    units = row.cpu / unit
                    ERR.print(f"{time.perf_counter() - begun:5.1f} s  {row.work}: {units:.2f} U")
                    mark = "" if row.must is None or units <= row.must else " over"
                    shown.add_row(
                        row.work, f"{row.rate:,.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}", f"{row.cpu:.4f}",
                        f"{unit:.3f}", f"{units:.2f}{mark}", f"{row.must or ''}",
                    )  # fmt: skip
            OUT.print(shown)
            OUT.print(f"{server.memory():.0f} MB after")


def figures(rows: Iterable[tuple[str, str, str]]) -> None:
    shown = table.Table(box=box.SIMPLE)
    for name in ("work", "measured", "must"):
        shown.add_column(name, justify="left" if name == "work" else "right", no_wrap=True)
    for work, figure, must in rows:
        ERR.print(f"{work}: {figure}")
        shown.add_row(work, figure, must)
    OUT.print(shown)


def main(wanted: list[str]) -> None:
    compiled()
    if "api" in wanted:
        asyncio.run(api_table())
    if "cluster" in wanted:
        if os.geteuid() == 0:
            figures(cluster.figures())
        else:
            OUT.print("the cluster's rows need root")
    if "simulated" in wanted:
        figures(cluster.simulated())


if __name__ == "__main__":
    main(sys.argv[1:] or ["api", "cluster", "simulated"])
