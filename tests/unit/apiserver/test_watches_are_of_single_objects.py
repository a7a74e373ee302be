"""An event holds one object, so a watch cannot be had as a list of metadata."""

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, Api

FORM = "application/json;as={};v=v1;g=meta.k8s.io"


async def test_a_list_form_is_refused_where_the_watch_begins(api: Api) -> None:
    accept = FORM.format("PartialObjectMetadataList")
    code, told = await api.call("GET", f"{CONFIG_MAPS}?watch=1", headers={"accept": accept})
    assert (code, told["reason"]) == (406, "NotAcceptable")


@pytest.mark.parametrize("form", ["PartialObjectMetadata", "Table"])
async def test_the_forms_of_one_object_are_served(api: Api, form: str) -> None:
    answer = await api.send("GET", f"{CONFIG_MAPS}?watch=1", headers={"accept": FORM.format(form)})
    assert isinstance(answer, http.Stream)
    await answer.aclose()
