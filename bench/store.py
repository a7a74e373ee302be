"""How many writes a second the store on disk makes durable, alone and beside a loop that is never idle.

    python bench/store.py [folder]

The composition root sets the interpreter's switch interval to 0.2 ms; so does this, and measures without for
comparison.  "busy" is a task that computes for 1 ms at every turn of the loop.
"""

import asyncio
import pathlib
import statistics
import sys
import tempfile
import time

from steersman.kit import clock as clocks
from steersman.store import memory, sqlite

HEAD = b'{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"'
TAIL = b'","name":"web"}' + b" " * 3000 + b"}"


async def spin() -> None:
    while True:
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass
        await asyncio.sleep(0)


async def writes(store: sqlite.SqliteStore | memory.MemoryStore, writers: int, each: int) -> tuple[float, float]:
    """Writes a second, and the median milliseconds of one."""
    waits: list[float] = []

    async def writer(number: int) -> None:
        for turn in range(each):
            begun = time.perf_counter()
            await store.put(f"/registry/pods/default/w{number}-{turn}", HEAD, TAIL, expect=0)
            waits.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(writer(number) for number in range(writers)))
    return writers * each / (time.perf_counter() - begun), statistics.median(waits) * 1000


async def measure(folder: pathlib.Path) -> None:
    usual = sys.getswitchinterval()
    print(f"{'':34}{'writers':>8}{'writes/s':>10}{'ms each':>9}")
    for name, interval, is_busy in (
        ("idle loop", 0.0002, False),
        ("busy loop", 0.0002, True),
        ("busy loop, interval as it comes", usual, True),
    ):
        for writers, each in ((1, 100), (16, 30), (128, 10)):
            sys.setswitchinterval(interval)
            path = folder / f"{name.replace(' ', '-')}-{writers}.db"
            store = await sqlite.SqliteStore.open(path, clock=clocks.RealClock())
            spinner = asyncio.get_running_loop().create_task(spin()) if is_busy else None
            rate, wait = await writes(store, writers, each)
            if spinner is not None:
                spinner.cancel()
            await store.close()
            print(f"{name:34}{writers:>8}{rate:>10.0f}{wait:>9.2f}")
    sys.setswitchinterval(usual)
    rate, wait = await writes(memory.MemoryStore(), 1, 20_000)
    print(f"{'memory':34}{1:>8}{rate:>10.0f}{wait:>9.3f}")
    await reading(folder / "reading.db")


async def reading(path: pathlib.Path) -> None:
    store = await sqlite.SqliteStore.open(path, clock=clocks.RealClock())
    await writes(store, 128, 80)
    await store.close()
    begun = time.perf_counter()
    store = await sqlite.SqliteStore.open(path, clock=clocks.RealClock())
    print(f"opening with {store.count('')} rows of 3 KB: {(time.perf_counter() - begun) * 1000:.0f} ms")
    begun = time.perf_counter()
    page = store.range("/registry/pods/", limit=2000)
    print(f"a range of {len(page.entries)}: {(time.perf_counter() - begun) * 1000:.2f} ms")
    await store.close()
    await fanning()


async def fanning() -> None:
    heard = 0

    def sink(changes: object) -> None:
        nonlocal heard
        heard += 1

    store = memory.MemoryStore()
    for number in range(1000):
        store.watch(f"/registry/pods/ns-{number}/", sink, after=1)
    rate, _ = await writes(store, 1, 20_000)
    print(f"memory beside 1,000 watches of other namespaces: {rate:.0f} writes/s, {heard} calls")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(measure(pathlib.Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory(dir=".") as name:
            asyncio.run(measure(pathlib.Path(name)))
