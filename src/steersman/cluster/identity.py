"""As whom the components of this process act: the names and groups that their certificates would carry."""

from steersman.kit import http

AUTHENTICATED = "system:authenticated"
STEERSMAN = http.User("system:steersman", ("system:masters", AUTHENTICATED))
"""The composition root itself."""
SCHEDULER = http.User("system:kube-scheduler", (AUTHENTICATED,))


def node(name: str) -> http.User:
    return http.User(f"system:node:{name}", ("system:nodes", AUTHENTICATED))


def agent(user: http.User) -> str:
    """The user agent: what the component is called in managedFields and audit."""
    if user.name.startswith("system:serviceaccount:kube-system:"):
        return "kube-controller-manager"
    if user.name.startswith("system:node:"):
        return "kubelet"
    return user.name.removeprefix("system:")
