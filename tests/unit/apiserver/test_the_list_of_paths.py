"""`/` is no kind of the API: a list of paths, in JSON whatever is asked for."""

import json

import pytest

from steersman.kit import http
from unit.apiserver.serving import Api


@pytest.mark.parametrize("accept", ["", "application/json", "application/vnd.kubernetes.protobuf"])
async def test_it_is_json(api: Api, accept: str) -> None:
    answer = await api.send("GET", "/", headers={"accept": accept})
    assert isinstance(answer, http.Response)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert "/apis/apps/v1" in json.loads(answer.body)["paths"]
