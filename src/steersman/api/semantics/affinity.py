"""Node selectors and node affinity: which nodes a pod (or a volume) names."""

from collections.abc import Iterable, Mapping, Sequence

from steersman.api.tree import Tree


def expression_matches(expression: Tree, labels: Mapping[str, str]) -> bool:
    """One requirement of a node selector."""
    key, operator = expression.get("key", ""), expression.get("operator")
    value = labels.get(key)
    values: Sequence[str] = expression.get("values") or ()
    if operator == "In":
        return value is not None and value in values
    if operator == "NotIn":
        return value is None or value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    if operator in ("Gt", "Lt") and value is not None and len(values) == 1:
        try:
            found, wanted = int(value), int(values[0])
        except ValueError:
            return False
        return found > wanted if operator == "Gt" else found < wanted
    return False


def term_matches(term: Tree, labels: Mapping[str, str], name: str) -> bool:
    """One term: all of its requirements.  An empty term matches nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(expression_matches(each, labels) for each in expressions) and all(
        expression_matches(each, {"metadata.name": name}) for each in fields
    )


def selector_matches(selector: Tree, labels: Mapping[str, str], name: str) -> bool:
    """A NodeSelector: any of its terms."""
    return any(term_matches(term, labels, name) for term in selector.get("nodeSelectorTerms") or ())


def required(pod: Tree) -> Tree | None:
    """The pod's required node affinity, if it has one."""
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    found: Tree | None = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return found


def preferred(pod: Tree) -> Iterable[Tree]:
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    terms: Iterable[Tree] = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return terms


def pod_matches_node(pod: Tree, labels: Mapping[str, str], name: str) -> bool:
    """`nodeSelector` and required node affinity together."""
    wanted = (pod.get("spec") or {}).get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    selector = required(pod)
    return selector is None or selector_matches(selector, labels, name)


def volume_matches_node(volume: Tree, labels: Mapping[str, str], name: str) -> bool:
    """Whether a PersistentVolume can be reached from a node."""
    selector = ((volume.get("spec") or {}).get("nodeAffinity") or {}).get("required")
    return selector is None or selector_matches(selector, labels, name)
