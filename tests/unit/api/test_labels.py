"""Label selectors are read, refused and matched as the reference does it."""

import pytest

from steersman.api import labels

OBJECTS = {
    "none": {},
    "web": {"app": "web", "tier": "front", "n": "3"},
    "db": {"app": "db", "tier": "back", "n": "x"},
    "empty": {"app": ""},
}


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("", "none web db empty"), ("app=web", "web"), ("app==web", "web"), ("app!=web", "none db empty"),
        ("app", "web db empty"), ("!app", "none"), ("app in (web, db)", "web db"), ("app notin (web)", "none db empty"),
        ("n>2", "web"), ("n < 4", "web"), ("n>3", ""), ("app in ()", "empty"), ("app in (,web)", "web empty"),
        ("app=", "empty"), ("app in (web),tier=front", "web"), ("in=x", ""), ("in in (in,notin)", ""),
        ("app=web,app!=web", ""), ("  app  =  web  ", "web"),
    ],
)  # fmt: skip
def test_a_selector_finds(selector: str, found: str) -> None:
    compiled = labels.parse(selector)
    assert [name for name, of in OBJECTS.items() if compiled.matches(of)] == found.split()


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        ("a b c", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("=", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_malformed_selector_is_refused_in_the_reference_s_words(selector: str, why: str) -> None:
    with pytest.raises(labels.SelectorError) as caught:
        labels.parse(selector)
    assert str(caught.value) == why


def test_keys_and_values_are_checked() -> None:
    with pytest.raises(labels.SelectorError, match=r'^unable to parse requirement: <nil>: Invalid value: "a/b/c": '):
        labels.parse("a/b/c=d")
    with pytest.raises(labels.SelectorError, match=r'values\[0\]\[a\]: Invalid value: "-": a valid label must be'):
        labels.parse("a=-")


def test_a_label_selector_object_is_all_of_its_parts() -> None:
    selector = labels.from_object(
        {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}
    )
    assert selector.matches(OBJECTS["web"])
    assert not selector.matches(OBJECTS["db"])
    assert str(selector) == "app=web,tier in (front)"


def test_a_missing_label_selector_selects_nothing_and_an_empty_one_everything() -> None:
    assert not labels.from_object(None).matches({})
    assert labels.from_object({}).matches(None)
    assert labels.from_object({}).everything


def test_an_unknown_operator_of_an_expression_is_refused() -> None:
    with pytest.raises(labels.SelectorError, match=r'^"Equals" is not a valid label selector operator$'):
        labels.from_object({"matchExpressions": [{"key": "a", "operator": "Equals"}]})


def test_what_a_selector_says_reads_back_as_the_same() -> None:
    for text in ("a=b", "a!=b", "!a", "a", "a in (b,c)", "a notin (b,c)", "a>1", "a<1"):
        assert str(labels.parse(text)) == text
        assert labels.parse(str(labels.parse(text))) == labels.parse(text)


def test_a_map_selects_by_equality() -> None:
    assert labels.from_map({"app": "db"}).matches(OBJECTS["db"])
    assert labels.from_map(None).everything
    assert labels.of({"metadata": {"labels": {"a": "b"}}}) == {"a": "b"}
    assert labels.of({}) == {}


def test_many_values_are_looked_up() -> None:
    values = ",".join(f"v{number}" for number in range(100))
    among, other = labels.parse(f"a in ({values})"), labels.parse(f"a notin ({values})")
    assert (among.matches({"a": "v7"}), among.matches({"a": "x"}), among.matches({})) == (True, False, False)
    assert (other.matches({"a": "v7"}), other.matches({"a": "x"}), other.matches({})) == (False, True, True)


def test_requirements_and_words_are_bounded() -> None:
    assert labels.parse(",".join(["a=b"] * labels.MAX_REQUIREMENTS)).matches({"a": "b"})
    with pytest.raises(labels.SelectorError, match="1000 requirements"):
        labels.parse(",".join(["a=b"] * (labels.MAX_REQUIREMENTS + 1)))
    with pytest.raises(labels.SelectorError, match="65536 words and signs"):
        labels.parse(f"a in ({','.join(['v'] * 40_000)})")
