"""Priority and fairness: FlowSchemas and PriorityLevelConfigurations."""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree


def flow_schema(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    if not spec.get("matchingPrecedence"):
        spec["matchingPrecedence"] = 1000


def priority_level(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    exempt = spec.get("exempt")
    if exempt is not None:
        fill.unless(exempt, nominalConcurrencyShares=0, lendablePercent=0)
    limited = spec.get("limited")
    if limited is not None:
        fill.unless(limited, nominalConcurrencyShares=30, lendablePercent=0)
        queuing = (limited.get("limitResponse") or {}).get("queuing")
        if queuing is not None:
            for name, value in (("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)):
                if not queuing.get(name):
                    queuing[name] = value
