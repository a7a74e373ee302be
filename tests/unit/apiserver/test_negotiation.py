import pytest

from steersman.api.status import StatusError
from steersman.apiserver.http.negotiate import Accept, negotiate


@pytest.mark.parametrize(
    ("header", "accept"),
    [
        ("", Accept()),
        ("*/*", Accept()),
        ("application/vnd.kubernetes.protobuf,application/json", Accept()),
        ("application/yaml", Accept("application/yaml")),
        ("application/json;q=0.1, application/yaml;q=0.9", Accept("application/yaml")),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Accept(transform="Table")),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Accept()),
    ],
)
def test_the_first_form_that_can_be_served_wins(header: str, accept: Accept) -> None:
    assert negotiate(header) == accept


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("text/csv", "406: Not Acceptable\n\nAvailable representations: application/json"),
        ("application/json;as=Bogus;v=v1;g=meta.k8s.io", "only the following media types are accepted"),
    ],
)
def test_what_cannot_be_served_is_refused(header: str, message: str) -> None:
    with pytest.raises(StatusError, match=message[:30]) as caught:
        negotiate(header)
    assert caught.value.code == 406
    assert caught.value.message.startswith(message)
