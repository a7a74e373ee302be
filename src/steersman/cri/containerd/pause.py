"""The pause image: what holds a sandbox's namespaces.

Made here, because a registry may be out of reach and the real one is 700 KB for a program that does
nothing.  On x86-64 it is an ELF file of under 200 bytes, assembled by hand; elsewhere the host's static
busybox sleeps.  Signals: as process 1 it ignores what it does not handle, and containerd ends it with
SIGKILL.  Where a pod shares its process namespace, orphans become its children; SIGCHLD is set to be
ignored, and the kernel then reaps them.
"""

import pathlib
import platform
import shutil
import struct

from steersman.cri import archive
from steersman.cri.containerd import config

_BASE = 0x400000
_HEADERS = 64 + 56


def elf() -> bytes:
    """rt_sigaction(SIGCHLD, SIG_IGN), then pause() for ever, for x86-64."""
    code_size = 34
    action = _BASE + _HEADERS + code_size
    code = b"".join(
        (
            b"\xb8" + struct.pack("<I", 13),  # mov eax, 13        rt_sigaction
            b"\xbf" + struct.pack("<I", 17),  # mov edi, 17        SIGCHLD
            b"\xbe" + struct.pack("<I", action),  # mov esi, action
            b"\x31\xd2",  # xor edx, edx       no old action
            b"\x41\xba" + struct.pack("<I", 8),  # mov r10d, 8        size of the mask
            b"\x0f\x05",  # syscall
            b"\xb8" + struct.pack("<I", 34),  # again: mov eax, 34  pause
            b"\x0f\x05",  # syscall
            b"\xeb\xf7",  # jmp again
        )
    )
    assert len(code) == code_size
    data = struct.pack("<QQQQ", 1, 0, 0, 0)  # SIG_IGN, no flags, no restorer, empty mask
    size = _HEADERS + len(code) + len(data)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        2,  # executable
        62,  # x86-64
        1,
        _BASE + _HEADERS,  # entry
        64,  # program headers
        0,
        0,
        64,
        56,
        1,
        0,
        0,
        0,
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code + data


def image() -> bytes:
    """The archive to load; raises FileNotFoundError where busybox is needed and missing."""
    if platform.machine() == "x86_64":
        made = archive.Image({"pause": archive.File(elf(), 0o755)}, entrypoint=["/pause"], user="65535:65535")
    else:
        found = shutil.which("busybox")
        if found is None:
            raise FileNotFoundError("the pause image needs a static busybox on this architecture")
        architecture = {"aarch64": "arm64", "armv7l": "arm"}.get(platform.machine(), platform.machine())
        files = {"busybox": archive.File(pathlib.Path(found).read_bytes(), 0o755)}
        made = archive.Image(files, entrypoint=["/busybox", "sleep", "2147483647"], architecture=architecture)
    return archive.build(made, [config.PAUSE_IMAGE])
