"""Aggregating roles consist of the roles that they select."""

from steersman.api.semantics import aggregation
from steersman.apiserver.access import bootstrap


def test_admin_gathers_edit_and_view_in_the_end() -> None:
    roles = {tree["metadata"]["name"]: tree for tree in bootstrap.objects() if tree["kind"] == "ClusterRole"}
    for _ in range(3):
        for name in ("admin", "edit", "view"):
            roles[name] = {**roles[name], "rules": aggregation.rules(roles[name], list(roles.values()))}
    assert roles["view"]["rules"] == roles["system:aggregate-to-view"]["rules"]
    for name in ("edit", "view", "system:aggregate-to-admin"):
        assert all(rule in roles["admin"]["rules"] for rule in roles[name]["rules"])
    assert not any("*" in rule["resources"] for rule in roles["admin"]["rules"])
