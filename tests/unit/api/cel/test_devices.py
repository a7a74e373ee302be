"""Which devices an expression selects, and which expressions may."""

from typing import Any

import pytest

from steersman.api.cel import compiling, devices
from steersman.api.validation import devices as validation
from steersman.api.validation.errors import Errors
from steersman.cel import values

_DEVICE: dict[str, Any] = {
    "attributes": {
        "model": {"string": "x1"},
        "cores": {"int": 8},
        "shared": {"bool": True},
        "firmware": {"version": "1.10.0"},
        "other.example.com/model": {"string": "y"},
    },
    "capacity": {"memory": {"value": "16Gi"}},
}


def _selects(text: str, device: dict[str, Any] = _DEVICE) -> bool:
    return devices.matches(devices.compile(text), device, "gpu.example.com")


@pytest.mark.parametrize(
    "text",
    [
        "device.driver == 'gpu.example.com'",
        "device.attributes['gpu.example.com'].model == 'x1'",
        "device.attributes['other.example.com'].model == 'y'",
        "device.attributes['gpu.example.com'].cores > 4",
        "device.attributes['gpu.example.com'].shared",
        "device.attributes['gpu.example.com'].firmware.isGreaterThan(semver('1.9.0'))",
        "device.capacity['gpu.example.com'].memory.compareTo(quantity('16Gi')) >= 0",
        "!has(device.attributes['nosuch.example.com'].model)",
        "'gpu.example.com' in device.capacity",
        "device.allowMultipleAllocations == false",
        "cel.bind(own, device.attributes['gpu.example.com'], own.cores == 8 && own.shared)",
        "device.attributes['gpu.example.com'].?nosuch.orValue('z') == 'z'",
    ],
)
def test_it_is_selected(text: str) -> None:
    assert _selects(text)


def test_an_attribute_that_is_not_there_is_an_error() -> None:
    with pytest.raises(values.EvaluationError, match="no such key: nosuch"):
        _selects("device.attributes['gpu.example.com'].nosuch == 1")


def test_a_result_that_is_no_bool_is_an_error() -> None:
    with pytest.raises(values.EvaluationError, match="CEL result of type int could not be converted to bool"):
        _selects("device.attributes['gpu.example.com'].cores")


def test_an_attribute_of_no_known_kind_is_an_error() -> None:
    with pytest.raises(values.EvaluationError, match="attribute model: unsupported attribute value"):
        _selects("true", {"attributes": {"model": {}}})


@pytest.mark.parametrize("text", ["1", "device.driver", "device"])
def test_what_is_no_bool_is_refused(text: str) -> None:
    with pytest.raises(compiling.Refused, match="must evaluate to bool or the unknown type, not "):
        devices.compile(text)


def _complaints(expression: str) -> list[str]:
    e = Errors()
    validation.device_class({"spec": {"selectors": [{"cel": {"expression": expression}}]}}, e)
    return [str(error) for error in e.found]


_AT = "spec.selectors[0].cel.expression"


def test_a_device_class_is_refused_for_its_expression() -> None:
    assert _complaints("device.driver == 'a'") == []
    (complaint,) = _complaints("device.nosuch")
    assert complaint == (
        f'{_AT}: Invalid value: "device.nosuch": compilation failed: '
        "ERROR: <input>:1:7: undefined field 'nosuch'\n | device.nosuch\n | ......^"
    )
    assert _complaints(" " * 10241) == [f"{_AT}: Too long: may not be more than 10240 bytes"]


def test_a_device_class_is_refused_for_an_expression_that_costs_too_much() -> None:
    text = (
        "device.attributes.all(a, device.attributes.all(b, device.attributes[a].all(c, "
        "device.attributes[b].all(d, c == d))))"
    )
    assert _complaints(text) == [f"{_AT}: Forbidden: too complex, exceeds cost limit"]


def test_a_claim_is_refused_for_its_expressions_too() -> None:
    e = Errors()
    request = {"name": "a", "exactly": {"deviceClassName": "c", "allocationMode": "All",
                                        "selectors": [{"cel": {"expression": "1"}}]}}  # fmt: skip
    validation.resource_claim({"spec": {"devices": {"requests": [request]}}}, e)
    assert [str(error) for error in e.found] == [
        (
            'spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "1": '
            "must evaluate to bool or the unknown type, not int"
        )
    ]
