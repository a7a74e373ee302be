"""Field selectors: which fields a kind offers, what an absent one reads as, what is refused."""

import pytest

from steersman.api import fields

POD = {
    "metadata": {"name": "p", "namespace": "n"},
    "spec": {"nodeName": "n1", "restartPolicy": "Always"},
    "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]},
}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True), ("metadata.name=p", True), ("metadata.name==q", False), ("spec.nodeName!=n1", False),
        ("spec.nodeName=n1,status.phase=Running", True), ("spec.host=n1", True), ("status.podIP=10.0.0.1", True),
        ("status.podIPs=10.0.0.1", True), ("spec.hostNetwork=false", True), ("status.nominatedNodeName=", True),
        ("metadata.namespace=n,,", True),
    ],
)  # fmt: skip
def test_a_pod_is_found_by_its_fields(selector: str, matches: bool) -> None:
    assert fields.compile(selector, "", "v1", "Pod").matches(POD) is matches


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (("", "v1", "Pod"), "field label not supported: spec.bogus"),
        (("batch", "v1", "Job"), 'field label "spec.bogus" not supported for Job'),
        (("resource.k8s.io", "v1", "ResourceSlice"), "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.bogus"),  # noqa: E501
        (("apps", "v1", "Deployment"), '"spec.bogus" is not a known field selector: only "metadata.name", "metadata.namespace"'),  # noqa: E501
    ],
)  # fmt: skip
def test_an_unknown_field_is_refused_in_the_kind_s_own_words(of: tuple[str, str, str], why: str) -> None:
    with pytest.raises(fields.SelectorError) as caught:
        fields.compile("spec.bogus=1", *of)
    assert str(caught.value) == why


def test_a_term_without_operator_is_refused() -> None:
    with pytest.raises(fields.SelectorError) as caught:
        fields.parse("metadata.name")
    assert str(caught.value) == "invalid selector: 'metadata.name'; can't understand 'metadata.name'"


def test_values_may_be_escaped() -> None:
    (term,) = fields.parse("a=b\\,c\\=d\\\\")
    assert term.value == "b,c=d\\"
    assert fields.parse(str(term)) == (term,)
    with pytest.raises(fields.SelectorError, match="invalid escape sequence"):
        fields.parse("a=b\\d")
    with pytest.raises(fields.SelectorError, match="unescaped character"):
        fields.parse("a=b=c")


def test_an_absent_flag_reads_as_false() -> None:
    matcher = fields.compile("spec.unschedulable=false", "", "v1", "Node")
    assert matcher.matches({"metadata": {}})
    assert not matcher.matches({"spec": {"unschedulable": True}})


def test_events_are_found_by_what_they_regard_in_both_versions() -> None:
    old = {"involvedObject": {"kind": "Pod"}, "source": {"component": "kubelet"}}
    assert fields.compile("involvedObject.kind=Pod,source=kubelet", "", "v1", "Event").matches(old)
    new = {"regarding": {"kind": "Pod"}, "reportingController": "kubelet"}
    chosen = fields.compile("regarding.kind=Pod,reportingController=kubelet", "events.k8s.io", "v1", "Event")
    assert chosen.matches(new)


def test_a_custom_resource_offers_what_its_definition_says() -> None:
    matcher = fields.compile("spec.color=red", "x.io", "v1", "Gizmo", extra=["spec.color"])
    assert matcher.matches({"spec": {"color": "red"}})
    with pytest.raises(fields.SelectorError, match=r"^field label not supported: spec\.size$"):
        fields.compile("spec.size=1", "x.io", "v1", "Gizmo", extra=["spec.color"])


def test_a_selector_by_name_says_which() -> None:
    assert fields.compile("metadata.name=p", "", "v1", "Pod").exact("metadata.name") == "p"
    assert fields.compile("metadata.name!=p", "", "v1", "Pod").exact("metadata.name") is None
