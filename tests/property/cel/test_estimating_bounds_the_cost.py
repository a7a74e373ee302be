"""No expression costs more than its estimate says, when values are no larger than what the estimate was told.

`split` and `join` are left out: Kubernetes expects one part too few of the one, and of the other one pass over the
result where it charges two.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steersman.api.cel import environments
from steersman.cel import estimating, types, values

_MOST = 4
_ENVIRONMENT = environments.BASE.extended(
    variables={
        "n": types.INT,
        "s": types.STRING,
        "xs": types.list_of(types.INT),
        "ss": types.list_of(types.STRING),
        "m": types.map_of(types.STRING, types.STRING),
    }
)


class _Sizes:
    def size(self, node: estimating.Node) -> estimating.Size | None:
        return estimating.Size(0, _MOST) if node.path else None


_ints: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["1", "2", "n", "7"]),
        st.builds("({} + {})".format, _ints, _ints),
        st.builds("{}.size()".format, _strings),
        st.builds("{}.size()".format, _string_lists),
        st.builds("({} ? {} : {})".format, _bools, _ints, _ints),
        st.builds("{}.indexOf({})".format, _string_lists, _strings),
        st.just("xs.sum()"),
    )
)
_strings: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["'a'", "'abc'", "s", "''"]),
        st.builds("({} + {})".format, _strings, _strings),
        st.builds("{}.lowerAscii()".format, _strings),
        st.builds("{}.replace({}, {})".format, _strings, _strings, _strings),
        st.builds("string({})".format, _ints),
    )
)
_string_lists: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["ss", "['a', 'b']", "m.map(k, k)"]),
        st.builds("({} + {})".format, _string_lists, _string_lists),
        st.builds("{}.filter(x, x != {})".format, _string_lists, _strings),
        st.builds("{}.map(x, x + {})".format, _string_lists, _strings),
        st.builds("{}.distinct()".format, _string_lists),
    )
)
_bools: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["true", "n > 1", "s == 'a'", "'k' in m", "m['k'] == s", "has(m.k) && m.k.startsWith(s)"]),
        st.builds("({} && {})".format, _bools, _bools),
        st.builds("({} || {})".format, _bools, _bools),
        st.builds("{}.all(x, x.contains({}))".format, _string_lists, _strings),
        st.builds("{}.exists(x, x in {})".format, _string_lists, _string_lists),
        st.builds("xs.exists(x, x == {})".format, _ints),
        st.builds("({} == {})".format, _strings, _strings),
        st.builds("{}.matches('a*')".format, _strings),
    )
)
_texts = st.text(alphabet="ab", max_size=_MOST)


@given(
    text=_bools.filter(lambda text: len(text) < 180),  # deeper ones move Python's recursion limit
    variables=st.fixed_dictionaries(
        {
            "n": st.integers(0, 9),
            "s": _texts,
            "xs": st.lists(st.integers(0, 9), max_size=_MOST),
            "ss": st.lists(_texts, max_size=_MOST),
            "m": st.dictionaries(_texts, _texts, max_size=_MOST),
        }
    ),
)
def test_the_cost_is_within_the_estimate(text: str, variables: dict[str, Any]) -> None:
    checked = _ENVIRONMENT.compile(text)
    most = estimating.estimate(checked, _ENVIRONMENT, _Sizes()).max
    try:
        spent = _ENVIRONMENT.program(checked).run(variables, limit=100_000).cost
    except values.EvaluationError:
        return
    assert spent <= most
