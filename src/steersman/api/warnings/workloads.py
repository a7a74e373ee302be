"""What makes pods: their template, and a name that becomes part of pods' names."""

from steersman.api import names
from steersman.api.field import Path
from steersman.api.tree import Tree, at
from steersman.api.warnings import claims, pods

_TEMPLATE = Path("spec").child("template")


def unchanged(new: Tree, old: Tree | None) -> bool:
    """Whether a write leaves what is desired as it was."""
    return old is not None and new["metadata"].get("generation") == old["metadata"].get("generation")


def named(new: Tree, old: Tree | None) -> list[str]:
    """Whose pods are called after it."""
    return _name(new, old, "Pod names and hostnames") + unnamed(new, old)


def unnamed(new: Tree, old: Tree | None) -> list[str]:
    if unchanged(new, old):
        return []
    return pods.template(at(new, "spec", "template", default=None) or {}, _TEMPLATE)


def stateful_set(new: Tree, old: Tree | None) -> list[str]:
    warnings = unnamed(new, old)
    if unchanged(new, old):
        return warnings
    spec = new.get("spec") or {}
    for index, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        where = Path("spec").child("volumeClaimTemplates").index(index)
        warnings += claims.spec(claim.get("spec") or {}, where.child("spec"))
    if (spec.get("revisionHistoryLimit") or 0) < 0:
        text = "a negative value retains all historical revisions; a value >= 0 is recommended"
        warnings.append(f"spec.revisionHistoryLimit: {text}")
    return warnings


def cron_job(new: Tree, old: Tree | None) -> list[str]:
    warnings = _name(new, old, "Pod names and hostnames")
    if not unchanged(new, old):
        template = at(new, "spec", "jobTemplate", "spec", "template", default=None) or {}
        warnings += pods.template(template, Path("spec").child("jobTemplate", "spec", "template"))
    return warnings


def pod_template(new: Tree, old: Tree | None) -> list[str]:
    if unchanged(new, old):
        return []
    return pods.template(new.get("template") or {}, Path("template"))


def _name(new: Tree, old: Tree | None, used: str) -> list[str]:
    complaints = names.dns1123_label(new["metadata"].get("name") or "") if old is None else []
    if not complaints:
        return []
    text = f"metadata.name: this is used in {used}, which can result in surprising behavior; a DNS label is recommended"
    return [f"{text}: [{' '.join(complaints)}]"]
