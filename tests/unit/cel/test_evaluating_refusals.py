"""What an expression fails with when a dyn turns out to be of the wrong type, in cel-go's words."""

import pytest

from steersman.cel import environment, values
from steersman.cel.library import optional, standard, twovar

ENVIRONMENT = environment.Environment((standard.LIBRARY, optional.LIBRARY, twovar.LIBRARY))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dyn(1).all(x, x)", "got 'types.Int', expected iterable type"),
        ("dyn(optional.of(1)).all(x, x)", "got '*types.Optional', expected iterable type"),
        ("dyn(int).all(x, x)", "got '*types.Type', expected iterable type"),
        ("dyn('a').all(k, v, v)", "unsupported comprehension range type: types.String"),
        ("dyn(int).transformList(k, v, v)", "unsupported comprehension range type: *types.Type"),
        ("dyn(1).getHours()", "no such overload: getHours(int)"),
        ("dyn(1).getHours('UTC')", "no such overload: getHours(int, string)"),
        ("dyn(duration('1h')).getDate()", "no such overload: getDate(google.protobuf.Duration)"),
    ],
)
def test_a_value_of_the_wrong_type(text: str, said: str) -> None:
    program = ENVIRONMENT.program(ENVIRONMENT.compile(text))
    with pytest.raises(values.EvaluationError) as error:
        program.evaluate({})
    assert str(error.value) == said


def test_a_number_is_no_duration() -> None:
    program = ENVIRONMENT.program(ENVIRONMENT.compile("duration(1 + 1)"))
    with pytest.raises(
        values.EvaluationError, match=r"type conversion error from 'int' to 'google\.protobuf\.Duration'"
    ):
        program.evaluate({})
