"""Jobs, alone and as CronJobs' templates."""

from typing import Any

from steersman.api import labels, names
from steersman.api.tree import Tree
from steersman.api.validation import domains, internal, jobpolicies, selectors, workloads
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import shapes, template

MODES = ("NonIndexed", "Indexed")
_INDEXED_PARALLELISM = 100_000
_MANAGED_BY_LENGTH = 63
_LABELS = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")
_IMMUTABLE = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def create(tree: Tree, e: Errors) -> None:
    metadata, spec = tree.get("metadata") or {}, tree.get("spec") or {}
    _generated_selector(metadata, spec, e)
    _selected_spec(spec, e)
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        host = f"{metadata.get('name', '')}-{completions - 1}"
        if names.dns1123_label(host):
            name = metadata.get("name", "")
            e.invalid("metadata.name", name, f"will not able to create pod with invalid DNS label: {host}")


def _generated_selector(metadata: Tree, spec: Tree, e: Errors) -> None:
    if spec.get("manualSelector") or spec.get("selector") is None:
        return
    expected = {_LABELS[0]: metadata.get("uid") or "", _LABELS[1]: metadata.get("name") or ""}
    found = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    for key, value in expected.items():
        if key not in found:
            e.required(f"spec.template.metadata.labels[{key}]", f"must be '{value}'")
        elif found[key] != value:
            e.invalid(f"spec.template.metadata.labels[{key}]", found, f"must be '{value}'")
    try:
        if not labels.from_object(spec["selector"]).matches(expected):
            e.invalid("spec.selector", spec["selector"], "`selector` not auto-generated")
    except labels.SelectorError:
        pass  # told with the selector itself


def _selected_spec(spec: Tree, e: Errors) -> None:
    job_spec(spec, "spec", e)
    given = spec.get("selector")
    if given is None:
        e.required("spec.selector")
    else:
        selectors.selector(given, "spec.selector", e)
    try:
        workloads.matches(labels.from_object(given), spec.get("template") or {}, e)
    except labels.SelectorError:
        pass  # told above


def job_spec(spec: Tree, at: str, e: Errors) -> None:
    """What a Job's spec and a CronJob's template have in common."""
    get = spec.get
    for name in (
        "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
    ):  # fmt: skip
        e.not_negative(f"{at}.{name}", get(name))
    failed = get("maxFailedIndexes")
    if failed is not None:
        e.not_negative(f"{at}.maxFailedIndexes", failed)
        if get("backoffLimitPerIndex") is None:
            e.required(f"{at}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    if get("managedBy") is not None:
        domains.prefixed_path(spec["managedBy"], f"{at}.managedBy", e)
        if len(spec["managedBy"]) > _MANAGED_BY_LENGTH:
            e.too_long(f"{at}.managedBy", _MANAGED_BY_LENGTH)
    mode = get("completionMode")
    if mode is not None:
        e.one_of(f"{at}.completionMode", mode, MODES)
    if mode == "Indexed":
        _indexed(spec, at, e)
    elif mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if get(name) is not None:
                e.invalid(f"{at}.{name}", spec[name], "requires indexed completion mode")
    if get("podFailurePolicy") is not None:
        jobpolicies.failure(spec, f"{at}.podFailurePolicy", e)
    if get("successPolicy") is not None:
        jobpolicies.success(spec, f"{at}.successPolicy", e)
    jobpolicies.replacement(spec, f"{at}.podReplacementPolicy", e)
    template.template(get("template") or {}, f"{at}.template", e)
    _restart(spec, f"{at}.template.spec.restartPolicy", e)


def _indexed(spec: Tree, at: str, e: Errors) -> None:
    completions, parallelism, failed = spec.get("completions"), spec.get("parallelism"), spec.get("maxFailedIndexes")
    if completions is None:
        e.required(f"{at}.completions", "when completion mode is Indexed")
    if parallelism is not None and parallelism > _INDEXED_PARALLELISM:
        why = f"must be less than or equal to {_INDEXED_PARALLELISM} when completion mode is Indexed"
        e.invalid(f"{at}.parallelism", parallelism, why)
    if completions is not None and failed is not None and failed > completions:
        e.invalid(f"{at}.maxFailedIndexes", failed, "must be less than or equal to completions")
    if failed is not None and failed > _INDEXED_PARALLELISM:
        e.invalid(f"{at}.maxFailedIndexes", failed, f"must be less than or equal to {_INDEXED_PARALLELISM}")
    if (completions or 0) > _INDEXED_PARALLELISM and spec.get("backoffLimitPerIndex") is not None:
        if failed is None:
            why = f"must be specified when completions is above {_INDEXED_PARALLELISM}"
            e.required(f"{at}.maxFailedIndexes", why)
        if (parallelism or 0) > 10_000:
            why = f"must be less than or equal to 10000 when completions are above {_INDEXED_PARALLELISM} "
            e.invalid(f"{at}.parallelism", parallelism, why + "and used with backoff limit per index")
        if (failed or 0) > 10_000:
            why = f"must be less than or equal to 10000 when completions are above {_INDEXED_PARALLELISM} "
            e.invalid(f"{at}.maxFailedIndexes", failed, why + "and used with backoff limit per index")


def _restart(spec: Tree, at: str, e: Errors) -> None:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy") or ""
    if policy in ("Always", ""):
        e.required(at, 'valid values: "OnFailure", "Never"')
    elif policy not in ("OnFailure", "Never"):
        e.unsupported(at, policy, ("OnFailure", "Never"))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        e.invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')


def update(new: Tree, old: Tree, e: Errors) -> None:
    create(new, e)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    _selected_spec(spec, e)
    _completions(spec, before, e)
    e.immutable("spec.selector", spec.get("selector"), before.get("selector"))
    _template(spec, before, old, e)
    for name in _IMMUTABLE:
        if spec.get(name) != before.get(name):
            shape = jobpolicies.SHAPES.get(name)
            value = spec.get(name) if shape is None else internal.render(spec.get(name), shape)
            e.immutable(f"spec.{name}", value, before.get(name))


def _completions(spec: Tree, before: Tree, e: Errors) -> None:
    after, old = spec.get("completions"), before.get("completions")
    if after == old:
        return
    if spec.get("completionMode") != "Indexed":
        e.immutable("spec.completions", after, old)
    elif after is not None and (after != spec.get("parallelism") or old != before.get("parallelism")):
        e.invalid("spec.completions", after, "can only be modified in tandem with spec.parallelism")


def _template(spec: Tree, before: Tree, old: Tree, e: Errors) -> None:
    after: Any = spec.get("template") or {}
    known: Any = before.get("template") or {}
    if before.get("suspend") and not (old.get("status") or {}).get("startTime"):
        after = _same_place(after, known)
    if after != known:
        e.raw("spec.template", shapes.shown_template(after), "field is immutable")


def _same_place(after: Tree, known: Tree) -> Tree:
    """A Job that has not started may be told to run elsewhere."""
    spec, old = dict(after.get("spec") or {}), known.get("spec") or {}
    for name in ("nodeSelector", "tolerations", "schedulingGates", "affinity"):
        if name in old:
            spec[name] = old[name]
        else:
            spec.pop(name, None)
    return {**after, "metadata": known.get("metadata") or {}, "spec": spec}
