"""Random expressions over random trees: a value, a refusal of the text or an evaluation error, in bounded memory."""

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.api.cel import environments
from steersman.cel import errors, meter, source, types, values

_ENVIRONMENT = environments.BASE.extended(variables={"a": types.DYN, "b": types.DYN, "s": types.STRING})
_LEAVES = ["a", "b", "s", "1", "2u", "1.5", "true", "null", "''", "'ab'", "b'x'", "[]", "{}", "a.x", "a['x']", "b[0]"]
_FORMS = (
    "({} + {})", "({} == {})", "({} < {})", "({} in {})", "({} && {})", "({} ? {} : {})", "-{}", "!{}", "[{}, {}]",
    "{{'x': {}, 'y': {}}}", "{{dyn({}): {}}}", "dyn({})", "dyn({}).map(x, [x, {}])", "dyn({}).filter(x, x == {})",
    "dyn({}).all(i, v, v != {})", "dyn({}).transformMap(k, v, {})", "dyn({}).sortBy(x, {})", "type({})",
    "dyn({}).replace('', {})", "dyn({}).join({})", "dyn('%s%d').format([{}, {}])", "'%s'.format([{}])",
    "dyn({}).split({})", "string({})", "int({})", "duration({})", "timestamp({})", "size({})", "dyn({})[{}]",
    "dyn({}).?x.orValue({})", "has(a.x)", "dyn({}).findAll({})", "dyn({}).matches({})", "quantity({})", "url({})",
    "sets.contains(dyn({}), dyn({}))", "dyn({}).flatten({})", "dyn({}).distinct()", "dyn({}).sum()", "ip({})",
    "dyn({}).indexOf({})", "lists.range({})", "semver({})", "cidr({})", "optional.of({})", "dyn({}).max()",
)  # fmt: skip


def _filled(form: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    count = form.replace("{{", "").count("{}")
    return st.tuples(*[inner] * count).map(lambda parts: form.format(*parts))


_TEXTS = st.recursive(
    st.sampled_from(_LEAVES),
    lambda inner: st.sampled_from(_FORMS).flatmap(lambda form: _filled(form, inner)),
    max_leaves=12,
)
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["x", "y", ""]), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(text=_TEXTS, a=_TREES, b=_TREES, s=st.text(max_size=8))
def test_there_is_a_value_or_a_refusal(text: str, a: Any, b: Any, s: str) -> None:
    with contextlib.suppress(source.CompileError, values.EvaluationError, errors.TooLong), meter.brief(5_000):
        _ENVIRONMENT.program(_ENVIRONMENT.compile(text)).run({"a": a, "b": b, "s": s}, limit=1_000_000)
