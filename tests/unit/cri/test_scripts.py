"""What a command would do, as far as it is understood."""

import pytest

from steersman.cri import script
from steersman.cri.script import Script


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ([], Script()),
        (["nginx", "-g", "daemon off;"], Script()),
        (["true"], Script(run_seconds=0)),
        (["/bin/false"], Script(run_seconds=0, exit_code=1)),
        (["sleep", "30"], Script(run_seconds=30)),
        (["sleep", "1m"], Script(run_seconds=60)),
        (["sleep", "infinity"], Script()),
        (["echo", "a", "b"], Script(run_seconds=0, output="a b\n")),
        (["sh", "-c", "echo hi; sleep 2 && exit 4"], Script(run_seconds=2, exit_code=4, output="hi\n")),
        (["/bin/sh", "-c", "exit 0; sleep 9"], Script(run_seconds=0)),
        (["sh", "-c", "while true; do sleep 1; done"], Script()),
        (["sh", "-c", "echo $HOME"], Script()),
        (["sh", "-c", "sleep 1 'unclosed"], Script()),
        (["sh", "-c", "echo started; python -m http.server"], Script(output="started\n")),
    ],
)
def test_understood(command: list[str], expected: Script) -> None:
    assert script.understand(command) == expected


def test_the_container_s_own_annotation_comes_before_the_pod_s() -> None:
    annotations = {"steersman.dev/simulate": '{"exitCode": 1}', "steersman.dev/simulate.c": '{"exitCode": 2}'}
    assert script.choose("c", annotations, []).exit_code == 2
    assert script.choose("d", annotations, []).exit_code == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"nosuch": 1}'])
def test_a_wrong_annotation_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=script.ANNOTATION):
        script.parse(text)
