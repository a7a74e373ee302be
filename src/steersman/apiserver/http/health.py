"""`/healthz`, `/livez`, `/readyz`: is the server alive, and may it be sent requests.

Each check has a path of its own (`/readyz/etcd`); `?verbose` lists them, `?exclude=NAME` leaves one out.
"""

from collections.abc import Callable, Mapping

from steersman.apiserver.http import respond
from steersman.kit import http

Check = Callable[[], str]
"""What is wrong, or nothing."""


def answer(request: http.Request, endpoint: str, checks: Mapping[str, Check]) -> http.Response | None:
    """`endpoint` is `healthz`, `livez` or `readyz`; None where the path names no check."""
    parts = request.path.strip("/").split("/")
    if len(parts) > 2 or (len(parts) == 2 and parts[1] not in checks):
        return None
    if len(parts) == 2:
        wrong = checks[parts[1]]()
        return respond.text("ok") if not wrong else respond.text(f"internal server error: {wrong}\n", 500)
    excluded = {value for key, value in request.query if key == "exclude"}
    lines, failed = [], False
    for name, check in checks.items():
        if name in excluded:
            lines.append(f"[+]{name} excluded: ok")
            continue
        wrong = check()
        failed = failed or bool(wrong)
        lines.append(f"[-]{name} failed: reason withheld" if wrong else f"[+]{name} ok")
    listed = "\n".join(lines)
    if failed:
        return respond.text(f"{listed}\n{endpoint} check failed\n", 500)
    if any(key == "verbose" for key, _ in request.query):
        return respond.text(f"{listed}\n{endpoint} check passed\n")
    return respond.text("ok")
