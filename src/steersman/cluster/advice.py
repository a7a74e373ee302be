"""What stopped a cluster, as one line with the fix.

`advised` knows the errors that a person can mend.  A full disk shows in many ways, some of them far from the
file that did not fit, so the disk is asked whenever nothing better explains an error.
"""

import errno
import os

from steersman.cluster import config as configs
from steersman.cluster import datadir, door
from steersman.store import opening

FULL = 256 << 10
"""Bytes free below which a disk counts as full: less than a write of the store may need."""


def advised(error: Exception, data: datadir.DataDir) -> str | None:
    """The line; None for what nobody has foreseen."""
    if isinstance(error, (configs.ConfigError, datadir.DataDirError, door.PortTaken)):
        return str(error)
    if is_full(error, data):
        return f"no space is left on the disk of {data.root}; free some, or use --data-dir DIR"
    if isinstance(error, opening.Broken):
        return f"{error}; put a backup in its place, or use --data-dir DIR to begin anew"
    if isinstance(error, opening.NewerVersion):
        return f"{error}; upgrade, or use --data-dir DIR"
    if isinstance(error, opening.OpenError):
        return str(error)
    return None


def is_full(error: Exception, data: datadir.DataDir) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if isinstance(error, (opening.Broken, opening.NewerVersion, opening.InUse)):
        return False
    try:
        disk = os.statvfs(data.root)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < FULL
