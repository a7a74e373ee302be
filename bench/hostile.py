"""What the worst bodies cost everybody else: `python -m bench.hostile`.

Each row sends one hostile request and asks `/livez` on another connection all the while.  The longest of those waits is
how long the loop was held, with the machine's own noise on top; of three runs the best counts, because noise only adds.
The limits are 100 ms a MiB for JSON that is refused, 3 s for YAML, and 20 ms for a wait.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
from rich import box, console, table

from bench import measure

RUNS = 3
MIB = 1024 * 1024
BASE = "/api/v1/namespaces/default"
MAPS, PODS = f"{BASE}/configmaps", f"{BASE}/pods"
JSON, YAML = "application/json", "application/yaml"
JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
DRY = "?dryRun=All"
Shot = tuple[str, str, str, bytes, str]
"""What it is, method, path, body and its type."""


def pairs(count: int, value: bytes = b'""') -> bytes:
    return b",".join(b'"%06d":%s' % (number, value) for number in range(count))


def dumped(tree: Any) -> bytes:
    return json.dumps(tree, separators=(",", ":")).encode()


def config_map(data: bytes) -> bytes:
    return b'{"metadata":{"name":"a"},"data":{%s}}' % data


def shots() -> Iterator[Shot]:
    yield "3 MiB of brackets", "POST", MAPS, b"[" + b"[]," * 1_000_000 + b"[]]", JSON
    yield "200,000 keys", "POST", MAPS, config_map(pairs(200_000)), JSON
    yield "60,000 keys", "POST", MAPS + DRY, config_map(pairs(60_000)), JSON
    yield "60,000 keys, broken at the end", "POST", MAPS, config_map(pairs(60_000) + b","), JSON
    yield "one text, broken at the end", "POST", MAPS, config_map(b'"a":"' + b"a" * 2_900_000 + b'\n"'), JSON
    yield "a text of commas and quotes", "POST", MAPS + DRY, dumped({"data": {"a": '",' * 400_000}}), JSON
    yield "60,000 brackets deep", "POST", MAPS, b"[" * 60_000, JSON
    yield "bytes that are no base64", "POST", f"{BASE}/secrets", dumped({"data": {"a": "A" * 2_900_000 + "*"}}), JSON
    containers = {"spec": {"containers": [{"name": "c", "image": "i"}] * 100_000}}
    yield "100,000 containers", "POST", PODS, dumped(containers), JSON
    containers = {"spec": {"containers": [{"name": "c", "image": "i"}] * 1000}}
    yield "1,000 containers of one name", "POST", PODS, dumped(containers), JSON
    env = [{"name": f"A{number}"} for number in range(20_000)]
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", "env": env}]}}
    yield "20,000 variables", "POST", PODS + DRY, dumped(pod), JSON
    operations = [{"op": "add", "path": f"/data/k{number}", "value": ""} for number in range(10_000)]
    yield "10,000 operations", "PATCH", f"{MAPS}/kept{DRY}", dumped(operations), JSON_PATCH
    yield "60,000 nulls", "PATCH", f"{MAPS}/kept{DRY}", b'{"data":{%s}}' % pairs(60_000, b"null"), MERGE
    lines = b"".join(b" k%d: v\n" % number for number in range(60_000))
    yield "YAML of 60,000 keys", "POST", MAPS + DRY, b"metadata: {name: a}\ndata:\n" + lines, YAML
    yield "YAML of 700,000 values", "POST", MAPS, b"- a\n" * 700_000, YAML
    yield "YAML, one scalar", "POST", MAPS, b"data: |\n" + b"  xxxxxxxxxxxxxxx\n" * 160_000, YAML
    laughs = [b"a: &a [x,x,x,x,x,x,x,x,x]"]
    laughs += [b"%c: &%c [%s]" % (at, at, b",".join([b"*%c" % (at - 1)] * 9)) for at in range(98, 120)]
    yield "YAML, a billion laughs", "POST", MAPS, b"\n".join(laughs), YAML
    yield "a selector of 60,000 values", "GET", f"{MAPS}?labelSelector=a+in+({','.join(['v'] * 30_000)})", b"", ""


async def livez(session: aiohttp.ClientSession, url: str, waits: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        async with session.get(f"{url}/livez") as answer:
            await answer.read()
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(0.001)


async def shot(session: aiohttp.ClientSession, url: str, each: Shot) -> tuple[int, float, float]:
    """Code, seconds until the answer, and the longest that somebody else waited."""
    _, method, path, body, media = each
    waits: list[float] = []
    asking = asyncio.create_task(livez(session, url, waits))
    await asyncio.sleep(0.02)
    waits.clear()
    begun = time.perf_counter()
    headers = {"Content-Type": media} if media else {}
    async with session.request(method, url + path, data=body or None, headers=headers) as answer:
        await answer.read()
        took = time.perf_counter() - begun
        await asyncio.sleep(0.02)
        asking.cancel()
        return answer.status, took, max(waits, default=0.0)


async def rows(session: aiohttp.ClientSession, url: str) -> AsyncIterator[list[str]]:
    for path, name in ((f"{BASE}/serviceaccounts", "default"), (MAPS, "kept")):
        async with session.post(url + path, json={"metadata": {"name": name}}) as answer:
            answer.raise_for_status()
    for each in shots():
        runs = [await shot(session, url, each) for _ in range(RUNS)]
        code, took, waited = runs[0][0], min(run[1] for run in runs), min(run[2] for run in runs)
        size = (len(each[3]) or len(each[2])) / MIB
        rate = took * 1000 / size
        late = " over" if code >= 400 and rate > (3000 if each[4] == YAML else 100) else ""
        told = f"{rate:,.0f}{late}" if size >= 0.25 else ""  # of less, a rate says nothing
        held = f"{waited * 1000:.1f}" + (" over" if waited > 0.02 else "")
        yield [each[0], f"{size:.2f}", str(code), f"{took * 1000:,.0f}", told, held]


async def main() -> None:
    shown, out = (
        table.Table(box=box.SIMPLE),
        console.Console(soft_wrap=True, width=None if sys.stdout.isatty() else 120),
    )
    for name in ("request", "MiB", "answer", "ms", "ms a MiB", "others waited ms"):
        shown.add_column(name, justify="left" if name == "request" else "right", no_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        command = ("-m", "steersman.cli.main", "apiserver", "--data-dir", folder, "--port", "0")
        with measure.served(*command) as server:
            before = server.memory()
            async with measure.session(Path(folder) / "pki") as session:
                async for row in rows(session, server.url):
                    shown.add_row(*row)
            out.print(shown)
            out.print(f"memory {before:.0f} MB before, {server.memory():.0f} MB after")


if __name__ == "__main__":
    asyncio.run(main())
