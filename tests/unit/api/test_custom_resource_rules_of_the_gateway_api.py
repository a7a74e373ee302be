"""Rules as widely used definitions have them: the shapes of the Gateway API's, which every cluster takes.

Each compiles, costs what a definition may cost, and says of a good and a bad value what its authors mean.
"""

# ruff: noqa: E501  (the rules are as long as they are)

from typing import Any

import pytest

from steersman.api.validation import crds
from steersman.api.validation.customresources import evaluation
from steersman.api.validation.errors import Errors

NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 253}
REF: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "group": {"type": "string", "default": "gateway.example.com", "maxLength": 253},
        "kind": {"type": "string", "default": "Gateway", "minLength": 1, "maxLength": 63},
        "namespace": {"type": "string", "minLength": 1, "maxLength": 63},
        "name": NAME,
        "sectionName": NAME,
        "port": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 65535},
    },
}
REFS: dict[str, Any] = {"type": "array", "maxItems": 32, "items": REF}
PATH: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "enum": ["ReplaceFullPath", "ReplacePrefixMatch"]},
        "value": {"type": "string", "maxLength": 1024},
    },
}
FILTER: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "enum": ["RequestHeaderModifier", "RequestRedirect", "URLRewrite", "RequestMirror"]},
        "requestHeaderModifier": {
            "type": "object",
            "properties": {
                "set": {"type": "array", "maxItems": 16, "items": {"type": "object", "properties": {"name": NAME}}}
            },
        },
        "requestRedirect": {"type": "object", "properties": {"path": PATH, "statusCode": {"type": "integer"}}},
        "urlRewrite": {"type": "object", "properties": {"path": PATH}},
    },
}
RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "filters": {"type": "array", "maxItems": 16, "items": FILTER},
        "backendRefs": REFS,
        "timeouts": {"type": "object", "properties": {
            "request": {"type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$"},
            "backendRequest": {"type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$"},
        }},
        "matches": {"type": "array", "maxItems": 8, "items": {"type": "object", "properties": {
            "path": {"type": "object", "properties": {"type": {"type": "string", "maxLength": 32}, "value": {"type": "string", "maxLength": 1024}}},
        }}},
    },
}  # fmt: skip
LISTENERS: dict[str, Any] = {
    "type": "array", "maxItems": 64, "minItems": 1,
    "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    "items": {
        "type": "object", "required": ["name", "port", "protocol"],
        "properties": {
            "name": NAME, "hostname": NAME, "port": {"type": "integer"}, "protocol": {"type": "string", "maxLength": 255},
            "tls": {"type": "object", "properties": {"mode": {"type": "string", "default": "Terminate", "enum": ["Terminate", "Passthrough"]}, "certificateRefs": {**REFS, "maxItems": 64}}},
        },
    },
}  # fmt: skip

CASES: list[tuple[dict[str, Any], str, Any, Any]] = [
    (
        REFS,
        "self.all(p1, self.all(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && (((!has(p1.__namespace__) || p1.__namespace__ == '') && (!has(p2.__namespace__) || p2.__namespace__ == '')) || (has(p1.__namespace__) && has(p2.__namespace__) && p1.__namespace__ == p2.__namespace__ )) ? ((!has(p1.sectionName) || p1.sectionName == '') == (!has(p2.sectionName) || p2.sectionName == '')) : true))",
        [{"group": "g", "kind": "K", "name": "a", "sectionName": "s"}, {"group": "g", "kind": "K", "name": "b"}],
        [{"group": "g", "kind": "K", "name": "a", "sectionName": "s"}, {"group": "g", "kind": "K", "name": "a"}],
    ),
    (
        REF,
        "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
        {"group": "", "kind": "Service", "name": "a", "port": 80},
        {"group": "", "kind": "Service", "name": "a"},
    ),
    (
        RULE["properties"]["filters"],
        "self.filter(f, f.type == 'RequestHeaderModifier').size() <= 1",
        [{"type": "RequestHeaderModifier"}, {"type": "URLRewrite"}],
        [{"type": "RequestHeaderModifier"}, {"type": "RequestHeaderModifier"}],
    ),
    (
        FILTER,
        "!(has(self.requestRedirect) && self.type != 'RequestRedirect')",
        {"type": "RequestRedirect", "requestRedirect": {}},
        {"type": "URLRewrite", "requestRedirect": {}},
    ),
    (
        RULE,
        "(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true",
        {"filters": [{"type": "RequestRedirect", "requestRedirect": {}}]},
        {"backendRefs": [{"name": "a"}], "filters": [{"type": "RequestRedirect", "requestRedirect": {}}]},
    ),
    (
        RULE,
        "(has(self.filters) && self.filters.exists_one(f, has(f.requestRedirect) && has(f.requestRedirect.path) && f.requestRedirect.path.type == 'ReplacePrefixMatch')) ? ((size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'PathPrefix') ? false : true) : true",
        {"matches": [{"path": {"type": "PathPrefix"}}], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplacePrefixMatch"}}}]},
        {"matches": [{"path": {"type": "Exact"}}], "filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplacePrefixMatch"}}}]},
    ),
    (
        RULE["properties"]["timeouts"],
        "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        {"request": "5s", "backendRequest": "3s"},
        {"request": "3s", "backendRequest": "5s"},
    ),
    (
        LISTENERS,
        "self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)",
        [{"name": "a", "port": 80, "protocol": "HTTP"}],
        [{"name": "a", "port": 80, "protocol": "HTTP", "tls": {}}],
    ),
    (
        LISTENERS,
        "self.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)",
        [{"name": "a", "port": 443, "protocol": "HTTPS", "tls": {"mode": "Terminate"}}],
        [{"name": "a", "port": 443, "protocol": "HTTPS", "tls": {"mode": "Passthrough"}}],
    ),
    (
        LISTENERS,
        "self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))",
        [{"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 80, "protocol": "HTTP", "hostname": "x"}],
        [{"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 80, "protocol": "HTTP"}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "rule", "good", "bad"), CASES)
def test_a_rule_of_a_shape_that_everybody_uses(schema: dict[str, Any], rule: str, good: Any, bad: Any) -> None:
    ruled = {**schema, "x-kubernetes-validations": [{"rule": rule, "message": "m"}]}
    whole = {"type": "object", "properties": {"spec": ruled}}
    e = Errors()
    crds.definition_schema(whole, "s", e, has_status=False, suppressed=False)
    assert [str(each) for each in e.found] == []
    rules = evaluation.Rules(whole, is_root=True)
    assert [str(each) for each in rules.check({"spec": good}, None).errors] == []
    assert [str(each) for each in rules.check({"spec": bad}, None).errors] == ["spec: Invalid value: m"]
