"""A service account as a user: its name, its groups, and back."""

PREFIX = "system:serviceaccount:"
GROUP = "system:serviceaccounts"


def username(namespace: str, name: str) -> str:
    return f"{PREFIX}{namespace}:{name}"


def groups(namespace: str) -> tuple[str, ...]:
    return (GROUP, f"{GROUP}:{namespace}")


def split(username: str) -> tuple[str, str] | None:
    """Namespace and name; None for a user that is no service account."""
    if not username.startswith(PREFIX):
        return None
    namespace, colon, name = username[len(PREFIX) :].partition(":")
    if not colon or not namespace or not name or ":" in name:
        return None
    return namespace, name
