"""The data of a ControllerRevision is compared as text, so a patch of one with blanks in it is refused."""

import json
from typing import Any

from unit.apiserver.serving import APPLY, MERGE, Api, causes

REVISIONS = "/apis/apps/v1/namespaces/default/controllerrevisions"
ONE = f"{REVISIONS}/r"
BODY: dict[str, Any] = {
    "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"}, "revision": 1,
    "data": {"spec": {"a": 1}},
}  # fmt: skip
WITH_BLANKS = json.dumps(BODY).encode()
WITHOUT = json.dumps(BODY, separators=(",", ":")).encode()
LABEL = {"metadata": {"labels": {"a": "b"}}}


async def test_a_patch_spells_the_data_anew(api: Api) -> None:
    await api.make(REVISIONS, WITH_BLANKS)
    code, body = await api.call("PATCH", ONE, LABEL, type=MERGE)
    assert (code, causes(body)) == (422, {("FieldValueInvalid", "data")})
    assert 'data: Invalid value: {"spec":{"a":1}}: field is immutable' in body["message"]
    applied = {"apiVersion": "apps/v1", "kind": "ControllerRevision", **LABEL}
    code, _ = await api.call("PATCH", f"{ONE}?fieldManager=m", applied, type=APPLY)
    assert code == 422


async def test_a_put_of_the_same_text_is_accepted(api: Api) -> None:
    await api.make(REVISIONS, WITH_BLANKS)
    code, body = await api.call("PUT", ONE, {**BODY, "metadata": {"name": "r", "labels": {"a": "b"}}})
    assert (code, body["metadata"]["labels"]) == (200, {"a": "b"})
    code, _ = await api.call("PUT", ONE, WITHOUT)
    assert code == 422


async def test_an_apply_that_changes_nothing_does_not_write_the_object(api: Api) -> None:
    await api.make(REVISIONS, WITH_BLANKS)
    code, body = await api.call("PATCH", f"{ONE}?fieldManager=m&force=true", BODY, type=APPLY)
    assert (code, [each["manager"] for each in body["metadata"]["managedFields"]]) == (200, ["m", "unknown"])


async def test_without_blanks_everything_works(api: Api) -> None:
    await api.make(REVISIONS, WITHOUT)
    code, _ = await api.call("PATCH", ONE, LABEL, type=MERGE)
    assert code == 200
    assert (await api.get(ONE))["data"] == {"spec": {"a": 1}}


async def test_other_data_is_refused_once(api: Api) -> None:
    await api.make(REVISIONS, WITH_BLANKS)
    _, body = await api.call("PUT", ONE, {**BODY, "data": {"spec": {"a": 2}}})
    assert [cause["field"] for cause in body["details"]["causes"]] == ["data"]
