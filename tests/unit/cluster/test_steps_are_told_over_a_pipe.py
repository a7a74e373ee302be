"""Steps of a server in the background, read by who started it."""

import os

from steersman.cluster.progress import Pipe, Step, read

FIRST = Step("step", "API server", 0.5, {"url": "https://127.0.0.1:1"})
READY = Step("ready", "Kubernetes answers", 1.0)


def test_steps_come_out_as_they_went_in_and_the_last_ends_them() -> None:
    reading, writing = os.pipe()
    teller = Pipe(writing)
    teller.tell(FIRST)
    teller.tell(READY)
    teller.tell(Step("step", "nobody hears this"))
    with os.fdopen(reading, "rb") as source:
        assert list(read(source)) == [FIRST, READY]


def test_nobody_who_reads_is_no_reason_to_stop() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    teller = Pipe(writing)
    for _ in range(3):
        teller.tell(FIRST)


def test_closing_twice_closes_once() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    teller = Pipe(writing)
    teller.close()
    teller.close()
