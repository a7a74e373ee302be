"""The gRPC health check by hand: one HTTP/2 stream with one small message each way.

A probe needs a single unary call over a socket that the connector made, which grpcio cannot use; so the few
frames it takes are written here.  Header compression is used without tables: literal fields going out; coming
in, only the data frame is looked at, and the trailers of a refusal are reported as such.
"""

import asyncio
import contextlib
import struct

from steersman.kubelet.probes.connector import Connector

UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN = range(4)
NAMES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
FRAMES = 100


class GrpcFault(Exception):
    """The other side does not answer the health check."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _literal(name: str, value: str) -> bytes:
    """A header field, never indexed, uncompressed."""
    made = b"\x10"
    for text in (name.encode(), value.encode()):
        size = len(text)
        made += bytes((size,)) if size < 127 else b"\x7f" + bytes((size - 127,))
        made += text
    return made


def request_frames(host: str, port: int, service: str) -> bytes:
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/grpc.health.v1.Health/Check"),
        (":authority", f"{host}:{port}"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("user-agent", "kube-probe/1.36"),
    )
    name = service.encode()[:127]
    message = b"\x0a" + bytes((len(name),)) + name if name else b""
    body = b"\x00" + struct.pack(">I", len(message)) + message
    return (
        PREFACE
        + frame(SETTINGS, 0, 0)
        + frame(HEADERS, END_HEADERS, 1, b"".join(_literal(name, value) for name, value in fields))
        + frame(DATA, END_STREAM, 1, body)
    )


def status_in(body: bytes) -> int | None:
    """The status of a HealthCheckResponse, framed as gRPC does; None while incomplete."""
    if len(body) < 5:
        return None
    size = struct.unpack(">I", body[1:5])[0]
    if len(body) < 5 + size:
        return None
    message = body[5 : 5 + size]
    return message[1] if len(message) >= 2 and message[0] == 0x08 else UNKNOWN


async def check(connector: Connector, host: str, port: int, service: str) -> int:
    """The serving status.  Raises GrpcFault, OSError and IncompleteReadError."""
    reader, writer = await connector.connect(host, port)
    try:
        writer.write(request_frames(host, port, service))
        await writer.drain()
        return await _answer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    body = b""
    for _ in range(FRAMES):
        head = await reader.readexactly(9)
        size = int.from_bytes(head[:3], "big")
        kind, flags = head[3], head[4]
        stream = int.from_bytes(head[5:9], "big") & 0x7FFFFFFF
        payload = await reader.readexactly(size)
        if kind == SETTINGS and not flags & ACK:
            writer.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            writer.write(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            raise GrpcFault("the server went away")
        elif kind == RST and stream == 1:
            raise GrpcFault("the server reset the call")
        elif kind == DATA and stream == 1:
            body += payload
            status = status_in(body)
            if status is not None:
                return status
        elif kind == HEADERS and stream == 1 and flags & END_STREAM:
            raise GrpcFault("this server does not implement the grpc health protocol (grpc.health.v1.Health)")
    raise GrpcFault("too many frames without an answer")
