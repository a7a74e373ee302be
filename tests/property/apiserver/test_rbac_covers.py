"""The escalation check is sound: what covers a set of rules allows everything that they allow."""

from hypothesis import given
from hypothesis import strategies as st

from steersman.apiserver.access import attributes, rules
from steersman.kit.http import User

VERBS = st.sampled_from(["get", "list", "*"])
GROUPS = st.sampled_from(["", "apps", "*"])
RESOURCES = st.sampled_from(["pods", "pods/log", "*/log", "deployments", "*"])
NAMES = st.sampled_from(["a", "b"])
URLS = st.sampled_from(["/x", "/x/*", "/x/y", "*"])


def some(of: st.SearchStrategy[str], least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of, min_size=least, max_size=2).map(tuple)


RESOURCE_RULE = st.builds(rules.Rule, some(VERBS), some(GROUPS), some(RESOURCES), some(NAMES, 0))
URL_RULE = st.builds(lambda verbs, urls: rules.Rule(verbs, urls=urls), some(VERBS), some(URLS))
RULES = st.lists(RESOURCE_RULE | URL_RULE, max_size=4)

PLAIN = st.builds(
    lambda verb, group, resource, name: attributes.Attributes(
        User("u"),
        verb,
        group=group,
        resource=resource.partition("/")[0],
        subresource=resource.partition("/")[2],
        name=name,
    ),
    st.sampled_from(["get", "list", "delete"]),
    st.sampled_from(["", "apps", "batch"]),
    st.sampled_from(["pods", "pods/log", "deployments", "deployments/log", "jobs"]),
    st.sampled_from(["", "a", "b", "c"]),
)
PATHS = st.builds(
    lambda verb, path: attributes.Attributes(User("u"), verb, path=path, is_resource=False),
    st.sampled_from(["get", "list", "delete"]),
    st.sampled_from(["/x", "/x/y", "/x/z", "/other"]),
)


@given(held=RULES, wanted=RULES, question=PLAIN | PATHS)
def test_what_is_covered_is_held(
    held: list[rules.Rule], wanted: list[rules.Rule], question: attributes.Attributes
) -> None:
    if not rules.covers(held, wanted) and any(rules.allows(rule, question) for rule in wanted):
        assert any(rules.allows(rule, question) for rule in held)


@given(held=RULES, wanted=RULES)
def test_nobody_lacks_what_they_hold(held: list[rules.Rule], wanted: list[rules.Rule]) -> None:
    assert rules.covers([*held, *wanted], wanted) == []


@given(missing=RULES)
def test_compacting_loses_nothing(missing: list[rules.Rule]) -> None:
    atoms = [atom for rule in missing for atom in rules.atoms(rule)]
    assert rules.covers(rules.compact(atoms), atoms) == []
    assert rules.covers(atoms, rules.compact(atoms)) == []
