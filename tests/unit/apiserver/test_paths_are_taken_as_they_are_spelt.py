"""Slashes count where the reference counts them, and an escape that is none makes no path at all."""

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, Api


async def answered(api: Api, path: str) -> tuple[int, str, bytes]:
    answer = await api.send("GET", path)
    assert isinstance(answer, http.Response)
    return answer.status, answer.content_type, answer.body


@pytest.mark.parametrize("path", ["//api", "//version", "/healthz/", "/livez/", "/readyz/ping/", "/openapi/v2/"])
async def test_a_slash_too_many_makes_another_path(api: Api, path: str) -> None:
    code, _, body = await answered(api, path)
    assert (code, body) == (404, b"404 page not found\n")


@pytest.mark.parametrize("path", ["/api/", "/apis/", "/version/", "/healthz", "/readyz/ping"])
async def test_other_slashes_are_one_too_many_for_nobody(api: Api, path: str) -> None:
    assert (await answered(api, path))[0] == 200


@pytest.mark.parametrize("path", [f"{CONFIG_MAPS}/%zz", f"{CONFIG_MAPS}/%", "/api%2"])
async def test_a_broken_escape_is_refused_before_anything_else(api: Api, path: str) -> None:
    code, media, body = await answered(api, path)
    assert (code, body) == (400, b"400 Bad Request")
    assert media.startswith("text/plain")
