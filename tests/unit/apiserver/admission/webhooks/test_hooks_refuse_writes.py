"""Validating webhooks, and what a client is told by any hook that refuses."""

from typing import Any

import pytest

from unit.apiserver.admission.webhooks.hooks import MUTATING, VALIDATING, HookedApi, add, allow, deny, patch
from unit.apiserver.serving import CONFIG_MAPS

EVERYTHING = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}
NEW = {"metadata": {"name": "a"}}


async def test_a_refusal_is_told_in_the_hooks_words(api: HookedApi) -> None:
    await api.validates("/no", deny("not today", code=403, reason="Forbidden"))
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (code, body["reason"]) == (403, "Forbidden")
    assert body["message"] == 'admission webhook "no.example.com" denied the request: not today'
    assert (await api.call("GET", f"{CONFIG_MAPS}/a"))[0] == 404


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (None, 400, "denied the request without explanation"),
        ({"reason": "Odd"}, 400, "denied the request: Odd"),
        ({"message": "m", "status": "Success", "code": 200}, 400, "denied the request: m"),
        ({"message": "m", "code": 418}, 418, "denied the request: m"),
    ],
)
async def test_a_refusal_is_made_to_be_one(api: HookedApi, status: Any, code: int, text: str) -> None:
    await api.validates("/no", lambda request: {"allowed": False, "status": status})
    got, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (got, body["code"], body["status"]) == (code, code, "Failure")
    assert body["message"] == f'admission webhook "no.example.com" {text}'


async def test_details_of_a_refusal_are_passed_on(api: HookedApi) -> None:
    details = {"causes": [{"field": "data.k", "message": "bad"}]}
    await api.validates("/no", deny("m", details=details))
    _, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert body["details"] == details


async def test_a_mutating_hook_may_refuse(api: HookedApi) -> None:
    await api.mutates("/no", deny("m"))
    await api.mutates("/z", allow)
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (code, body["message"]) == (400, 'admission webhook "no.example.com" denied the request: m')
    assert api.hook.paths == ["/no"]


async def test_validating_hooks_see_what_mutating_ones_made(api: HookedApi) -> None:
    await api.mutates("/label", patch(add("/metadata/labels", {"a": "b"})))
    await api.validates("/look", allow)
    await api.config_map("a")
    assert api.hook.reviews[1]["object"]["metadata"]["labels"] == {"a": "b"}
    assert api.hook.reviews[1]["object"]["metadata"]["uid"]


async def test_all_validating_hooks_are_asked_and_the_first_refusal_is_told(api: HookedApi) -> None:
    await api.validates("/b", deny("second"))
    await api.validates("/a", deny("first"))
    await api.validates("/c", allow)
    _, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert "first" in body["message"]
    assert sorted(api.hook.paths) == ["/a", "/b", "/c"]


async def test_a_write_that_is_invalid_is_not_asked_about(api: HookedApi) -> None:
    await api.validates("/look", allow)
    code, _ = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "NOT A NAME"}})
    assert code == 422
    assert not api.hook.asked


@pytest.mark.parametrize(
    "answer",
    [
        {"allowed": True, "patch": "W10=", "patchType": "JSONPatch"},
        {"allowed": True, "patchType": "JSONPatch"},
    ],
)
async def test_a_validating_hook_may_not_patch(api: HookedApi, answer: Any) -> None:
    await api.validates("/odd", lambda request: answer)
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    what = "patch" if "patch" in answer else "patchType"
    assert code == 500
    assert body["message"] == (
        'Internal error occurred: failed calling webhook "odd.example.com": received invalid webhook response: '
        f"validating webhook may not return response.{what}"
    )


async def test_warnings_of_a_hook_reach_the_client(api: HookedApi) -> None:
    await api.validates("/warn", lambda request: {"allowed": True, "warnings": ["mind the gap", "mind the gap"]})
    answer = await api.send("POST", CONFIG_MAPS, NEW)
    assert [value for name, value in answer.headers if name == "Warning"] == ['299 - "mind the gap"']


async def test_warnings_of_a_hook_that_refuses_reach_the_client(api: HookedApi) -> None:
    await api.validates("/no", lambda request: {"allowed": False, "warnings": ["w"], "status": {"message": "m"}})
    answer = await api.send("POST", CONFIG_MAPS, NEW)
    assert [value for name, value in answer.headers if name == "Warning"] == ['299 - "w"']


@pytest.mark.parametrize("target", [MUTATING, VALIDATING])
async def test_configurations_can_be_mended_whatever_hooks_say(api: HookedApi, target: str) -> None:
    await api.validates("/no", deny("m"), EVERYTHING)
    await api.mutates("/never", deny("m"), EVERYTHING)
    made = api.hook.configuration("another", api.hook.webhook("/x"))
    code, _ = await api.call("POST", target, made)
    assert code == 201
    assert (await api.call("DELETE", f"{target}/another"))[0] == 200
    assert (await api.call("DELETE", f"{VALIDATING}/no"))[0] == 200
    assert not api.hook.asked


async def test_a_configuration_that_goes_is_not_asked_any_more(api: HookedApi) -> None:
    await api.validates("/no", deny("m"))
    assert (await api.call("POST", CONFIG_MAPS, NEW))[0] == 400
    await api.call("DELETE", f"{VALIDATING}/no")
    assert (await api.call("POST", CONFIG_MAPS, NEW))[0] == 201


async def test_a_dry_run_is_told_to_hooks_without_side_effects(api: HookedApi) -> None:
    await api.validates("/look", allow, sideEffects="NoneOnDryRun")
    assert (await api.call("POST", f"{CONFIG_MAPS}?dryRun=All", NEW))[0] == 201
    (request,) = api.hook.reviews
    assert request["dryRun"] is True


@pytest.mark.parametrize("target", [MUTATING, VALIDATING])
async def test_a_dry_run_is_refused_where_a_hook_may_have_side_effects(api: HookedApi, target: str) -> None:
    from steersman.apiserver.admission.webhooks import refusals

    error = refusals.no_dry_run("x.example.com")
    assert (error.code, error.reason) == (400, "BadRequest")
    assert error.message == 'admission webhook "x.example.com" does not support dry run'


async def test_warnings_beyond_measure_are_cut(api: HookedApi) -> None:
    many = [f"{number:03}" + "x" * 300 for number in range(100)]
    await api.validates("/warn", lambda request: {"allowed": True, "warnings": many})
    answer = await api.send("POST", CONFIG_MAPS, NEW)
    texts = [value.removeprefix('299 - "').removesuffix('"') for name, value in answer.headers if name == "Warning"]
    assert texts == [text[:256] for text in many[:16]]
