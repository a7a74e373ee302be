"""Names of images, filled in and refused as Docker's tools do."""

import pytest

from steersman.cri import reference

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("org/app", "docker.io/org/app:latest"),
        ("quay.io/org/app:v1", "quay.io/org/app:v1"),
        ("localhost/app", "localhost/app:latest"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest"),
        (f"app@{DIGEST}", f"docker.io/library/app@{DIGEST}"),
        (f"app:v1@{DIGEST}", f"docker.io/library/app:v1@{DIGEST}"),
        ("index.docker.io/library/app", "docker.io/library/app:latest"),
    ],
)
def test_short_names_are_filled_in(text: str, whole: str) -> None:
    assert reference.normal(text) == whole


@pytest.mark.parametrize("text", ["", ":", "a b", "app:", "app:-x", "app@sha256:12", "//app", "app/", "-app", "a..b"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        reference.parse(text)


def test_capitals_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="repository name must be lowercase"):
        reference.parse("Nginx")


def test_an_id_stays_as_it_is() -> None:
    assert reference.normal(DIGEST) == DIGEST
