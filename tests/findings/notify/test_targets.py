"""Where a webhook may go."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from findings.notify.targets import TargetError, allowed, check_url, resolve

PUBLIC = ("203.0.114.7", "2400:3200::1")
PRIVATE = ("10.1.2.3", "172.16.0.9", "192.168.1.1", "127.0.0.1", "::1", "fd12::1", "::ffff:10.0.0.1", "100.64.0.1")
NEVER = (
    "169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0",
    "::", "224.0.0.1", "ff02::1", "255.255.255.255", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "168.63.129.16",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_always_allowed(address: str) -> None:
    assert allowed(ip_address(address), allow_private=True)
    assert allowed(ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_loopback_addresses_are_allowed_by_setting(address: str) -> None:
    assert allowed(ip_address(address), allow_private=True)
    assert not allowed(ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_and_metadata_addresses_are_never_allowed(address: str) -> None:
    assert not allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_a_number_that_is_never_called_is_refused_before_anything_is_to_be_sent(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(TargetError) as refused:
        check_url(f"http://{host}/latest/meta-data/")
    assert refused.value.key == "trust_target_refused"


@pytest.mark.parametrize("address", [*PUBLIC, *PRIVATE])
def test_other_numbers_are_for_the_setting_to_refuse(address: str) -> None:
    check_url(f"https://[{address}]/hook" if ":" in address else f"https://{address}/hook")


@pytest.mark.parametrize(
    "url",
    ["ftp://case.example/", "file:///etc/passwd", "http://", "http:///x", "http://user:pw@case.example/", "//x/",
     "http://case.example:99999/", "http://case.example:0/", "http://case.example/\r\nX: y", "http://a b/", "gopher://x",
     "http://案件.example/", "http://[::1/", "http://case.example\\@169.254.169.254/", "x" * 600],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(TargetError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9.0xfe.0xa9.0xfe/", "http://0/"],
)
def test_a_metadata_address_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(TargetError):
        asyncio.run(resolve(url, allow_private=True))


def test_a_name_is_checked_by_what_it_resolves_to_and_called_there() -> None:
    targets = asyncio.run(resolve("http://localhost:8080/hook?x=1", allow_private=True))
    pinned = {target.pinned_url for target in targets}
    assert pinned <= {"http://127.0.0.1:8080/hook?x=1", "http://[::1]:8080/hook?x=1"}
    assert {target.host_header for target in targets} == {"localhost:8080"}
    with pytest.raises(TargetError) as refused:
        asyncio.run(resolve("http://localhost:8080/hook", allow_private=False))
    assert refused.value.key == "trust_target_refused"


def test_a_host_without_an_address_says_so() -> None:
    with pytest.raises(TargetError) as refused:
        asyncio.run(resolve("http://does-not-exist.invalid/", allow_private=True))
    assert refused.value.key == "trust_target_unresolved"
