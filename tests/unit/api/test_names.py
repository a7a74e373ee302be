"""Names: what is accepted, and how the rest is refused."""

import pytest

from steersman.api import names


@pytest.mark.parametrize("good", ["a", "a-b", "0", "a" * 63])
def test_labels_of_dns(good: str) -> None:
    assert names.dns1123_label(good) == []


@pytest.mark.parametrize("bad", ["", "-a", "a-", "A", "a_b", "a" * 64, "a\n", "é"])
def test_no_labels_of_dns(bad: str) -> None:
    assert names.dns1123_label(bad)


def test_a_long_name_is_told_its_limit() -> None:
    assert names.dns1123_label("a" * 64) == ["must be no more than 63 characters"]
    assert names.dns1123_subdomain("a" * 254) == ["must be no more than 253 characters"]
    assert names.label_value("a" * 64) == ["must be no more than 63 bytes"]


def test_a_label_does_not_take_dots() -> None:
    assert names.dns1123_subdomain("a.b") == []
    assert names.dns1123_label("a.b") == ["must not contain dots"]


def test_a_service_s_name_begins_with_a_letter() -> None:
    assert names.dns1035_label("web-1") == []
    assert "start with an alphabetic character" in names.dns1035_label("1-web")[0]


@pytest.mark.parametrize("good", ["app", "example.com/app", "A_b.c", "a" * 63])
def test_qualified_names(good: str) -> None:
    assert names.qualified_name(good) == []


def test_a_qualified_name_s_faults_are_told_by_part() -> None:
    assert names.qualified_name("")[0] == "name part must be non-empty"
    assert names.qualified_name("/a")[0] == "prefix part must be non-empty"
    assert names.qualified_name("A/a")[0].startswith("prefix part a lowercase RFC 1123 subdomain")
    assert names.qualified_name("a" * 64) == ["name part must be no more than 63 bytes"]
    assert names.qualified_name("a/b/c")[0].startswith("a valid label key must consist of")


def test_an_empty_label_value_is_a_value() -> None:
    assert names.label_value("") == []
    assert names.label_value("Bad Label!")[0].endswith("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")


def test_path_segments_take_nearly_anything() -> None:
    assert names.path_segment("system:node") == []
    assert names.path_segment("..") == ["may not be '..'"]
    assert names.path_segment("a/b%") == ["may not contain '/'", "may not contain '%'"]


def test_port_names_and_numbers() -> None:
    assert names.port_name("http") == []
    assert names.port_name("Not_Valid!") == ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]
    assert names.port_name("80") == ["must contain at least one letter (a-z)"]
    assert names.port_name("-a--b-") == ["must not contain consecutive hyphens", "must not begin or end with a hyphen"]
    assert names.port_number(0) == ["must be between 1 and 65535, inclusive"]


def test_configuration_keys() -> None:
    assert names.config_key("a.b_C-1") == []
    assert names.config_key("..") == ["must not be '..'"]
    assert names.config_key("a/b")


def test_a_generated_name_fits_a_label() -> None:
    assert names.generated("web-", "abcde") == "web-abcde"
    assert names.generated("a" * 80, "bcdfg") == "a" * 58 + "bcdfg"
    assert names.masked_suffix("web-") == "wea"
