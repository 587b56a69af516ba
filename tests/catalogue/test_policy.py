"""Which references a hub allows: names as Docker reads them, prefixes by whole components."""

from __future__ import annotations

import pytest

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.catalogue.reference import normalised_name, normalised_prefix
from tests.support.catalogue import entry

DIGEST = "sha256:" + "0" * 64
LONG_DIGEST = "sha512:" + "0" * 128


# The cases that distribution/reference publishes in normalize_test.go, where hosts are
# left in the case in which they are written.
@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("fooo/bar", "docker.io/fooo/bar"),
        ("index.docker.io/fooo/bar", "docker.io/fooo/bar"),
        ("ubuntu", "docker.io/library/ubuntu"),
        ("library/ubuntu", "docker.io/library/ubuntu"),
        ("other/library", "docker.io/other/library"),
        ("127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase"),
        ("127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase"),
        ("example.com/privatebase", "example.com/privatebase"),
        ("example.com:8000/private/moonbase", "example.com:8000/private/moonbase"),
        ("index.docker.io/library/ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"),
        ("docker.io/foo", "docker.io/library/foo"),
        ("docker.io/library/foo/bar", "docker.io/library/foo/bar"),
        ("store/foo/bar", "docker.io/store/foo/bar"),
        ("Foo/bar", "foo/bar"),
        ("FOO/bar", "foo/bar"),
        ("test_com/foo", "docker.io/test_com/foo"),
        ("test-com:8080/foo", "test-com:8080/foo"),
        ("xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo"),
        ("[fc00::1]:5000/docker", "[fc00::1]:5000/docker"),
        ("192.168.0.1:80", "docker.io/library/192.168.0.1"),
        ("redis:latest", "docker.io/library/redis"),
        (f"redis@{DIGEST}", "docker.io/library/redis"),
        (f"busybox:latest@{DIGEST}", "docker.io/library/busybox"),
        (f"docker.io/dmcgowan/myapp@{DIGEST}", "docker.io/dmcgowan/myapp"),
        # not published there
        ("localhost/foo", "localhost/foo"),
        ("localhost:5000/foo:1", "localhost:5000/foo"),
        ("Index.Docker.IO/ubuntu", "docker.io/library/ubuntu"),
        ("QUAY.io/jupyter/base:1", "quay.io/jupyter/base"),
        ("quay.io:443/jupyter/base:1", "quay.io/jupyter/base"),
        ("docker.io:443/ubuntu", "docker.io/library/ubuntu"),
        ("quay.io:4430/x", "quay.io:4430/x"),
    ],
)
def test_names_are_read_as_docker_reads_them(reference: str, name: str) -> None:
    """The host is added where there is none, and written in one way."""
    assert normalised_name(reference) == name


@pytest.mark.parametrize(
    ("prefix", "reference", "allowed"),
    [
        ("quay.io", "quay.io/jupyter/base:1", True),
        ("quay.io", "quay.io.evil.example/jupyter/base:1", False),
        ("quay.io", "evil.example/quay.io/base:1", False),
        ("quay.io", "quay.io:8443/jupyter/base:1", False),
        ("quay.io", "Quay.IO:443/jupyter/base:1", True),
        ("QUAY.io:443/", "quay.io/jupyter/base:1", True),
        ("quay.io", "jupyter/base:1", False),
        ("quay.io/jupyter", "quay.io/jupyter/base:1", True),
        ("quay.io/jupyter/", "quay.io/jupyter/deep/base:1", True),
        ("quay.io/jup", "quay.io/jupyter/base:1", False),
        ("quay.io/jupyter", "quay.io/jupyter-evil/base:1", False),
        ("quay.io/jupyter", "quay.io/jupyter:1", True),
        ("quay.io/jupyter/base", "quay.io/jupyter/base:1", True),
        ("quay.io/jupyter/base", f"quay.io/jupyter/base@{DIGEST}", True),
        ("quay.io/jupyter/base", "quay.io/jupyter/base2:1", False),
        ("registry.example.org:5000", "registry.example.org:5000/a:1", True),
        ("registry.example.org:5000", "registry.example.org/a:1", False),
        ("localhost", "localhost/a", True),
        ("localhost", "localhost:5000/a", False),
        ("[::1]:5000/a", "[::1]:5000/a/b", True),
        ("docker.io", "ubuntu", True),
        ("docker.io", "jupyter/base", True),
        ("index.docker.io", "docker.io/ubuntu", True),
        ("docker.io/jupyter", "jupyter/base:1", True),
        ("docker.io/library", "ubuntu:24.04", True),
        ("docker.io/library", "jupyter/base", False),
        ("docker.io/library/ubuntu", "ubuntu:24.04", True),
        ("docker.io/ubuntu", "ubuntu:24.04", True),
        ("docker.io/ubuntu", "ubuntu2", False),
        ("docker.io/library/ubuntu", "ubuntu/nginx", False),
    ],
)
def test_prefixes_match_whole_components(prefix: str, reference: str, allowed: bool) -> None:
    """A prefix is a host, a host and the beginning of a path, or a whole name."""
    policy = ReferencePolicy.of([prefix])
    assert (policy.problems(reference) == []) is allowed
    assert (ReferencePolicy.of(["a.example", prefix]).problems(reference) == []) is allowed


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("", "write a host"),
        ("   ", "write a host"),
        ("https://quay.io", "leave out https://"),
        ("quay.io/jupyter base", "write a host"),
        (" quay.io", "write a host"),
        ("quay.io\n", "write a host"),
        ("quay.io/jupyter:1", "write a host"),
        (f"quay.io/jupyter@{DIGEST}", "write a host"),
        ("quay.io//jupyter", "write a host"),
        ("quay.io/Jupyter", "write a host"),
        ("*.example.org", "write a host"),
        ("/", "write a host"),
        ("jupyter", "name the host too, such as docker.io/jupyter"),
        ("jupyter/base", "name the host too, such as docker.io/jupyter/base"),
    ],
)
def test_what_is_no_prefix(prefix: str, why: str) -> None:
    """A prefix that can match nothing, or other things than it seems to, is refused."""
    with pytest.raises(ValueError, match=why):
        normalised_prefix(prefix)


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        ("quay.io/a/b", False),
        ("quay.io/a/b:1", False),
        (f"quay.io/a/b@{DIGEST}", True),
        (f"quay.io/a/b:1@{LONG_DIGEST}", True),
    ],
)
def test_require_digest(reference: str, pinned: bool) -> None:
    """Only a reference with a digest is pinned; by default nothing has to be."""
    policy = ReferencePolicy.of([], require_digest=True)
    expected = [] if pinned else ["Pin the reference: end it with a digest, @sha256:…."]
    assert policy.problems(reference) == expected
    assert ReferencePolicy.of([]).problems(reference) == []


def test_both_references_of_an_image_count() -> None:
    """Each problem stands under its field; a blank reference has none."""
    policy = ReferencePolicy.of(["quay.io/jupyter", "ghcr.io"], require_digest=True)
    bad = entry("a", url=f"quay.io/jupyter/base@{DIGEST}", gpu_url="nvidia/cuda:1")
    assert policy.field_problems(bad) == {
        "gpu_url": [
            "Use a reference under quay.io/jupyter or ghcr.io; this is docker.io/nvidia/cuda.",
            "Pin the reference: end it with a digest, @sha256:….",
        ]
    }
    assert policy.field_problems(bad, ["url"]) == {}
    assert not policy.allows(bad)
    assert policy.allows(entry("b", url="", gpu_url=None))


def test_a_long_list_of_registries_is_cut() -> None:
    """The sentence names ten of them."""
    policy = ReferencePolicy.of(f"r{number}.example" for number in range(12))
    (sentence,) = policy.problems("ubuntu")
    assert "r8.example, r9.example or 2 others; this" in sentence
