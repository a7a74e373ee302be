"""A small kopf operator that is asked before config maps are written, run by test_kopf_admission.py.

What is labelled `ruled` gets the word `seen`, must name a colour that there is, and may not be deleted while it is
locked.
"""

import os
from typing import Any

import kopf


@kopf.on.startup()
def served(settings: kopf.OperatorSettings, **_: Any) -> None:
    folder = os.environ["HOOK_FOLDER"]
    settings.admission.server = kopf.WebhookServer(
        addr="127.0.0.1", host="127.0.0.1", certfile=f"{folder}/hook.crt", pkeyfile=f"{folder}/hook.key",
        cafile=f"{folder}/root.crt",
    )  # fmt: skip
    settings.admission.managed = "rules.compat.test"


RULED = {"ruled": kopf.PRESENT}


@kopf.on.mutate("v1", "configmaps", labels=RULED, operations=["CREATE", "UPDATE"])
def seen(patch: kopf.Patch, warnings: list[str], **_: Any) -> None:
    patch.setdefault("data", {})["seen"] = "yes"
    warnings.append("it was seen")


@kopf.on.validate("v1", "configmaps", labels=RULED, operations=["CREATE", "UPDATE"])
def coloured(body: kopf.Body, **_: Any) -> None:
    if body["data"].get("colour") not in ("red", "green"):
        raise kopf.AdmissionError(f"no colour is called {body['data'].get('colour')}", code=422)


@kopf.on.validate("v1", "configmaps", labels=RULED, operations=["DELETE"])
def locked(body: kopf.Body, **_: Any) -> None:
    if body["data"].get("locked"):
        raise kopf.AdmissionError("it is locked", code=409)
