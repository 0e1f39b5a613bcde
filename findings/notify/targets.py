"""Where a webhook may go. The server must not be made to call what only the server can reach (SSRF)."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from i18n import Problem

Address = IPv4Address | IPv6Address

NEVER = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local, with the metadata service of most clouds
        "fe80::/10",
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.192/32",  # Oracle's metadata
        "fd00:ec2::254/128",  # AWS over IPv6
        "fd20:ce::254/128",  # Google over IPv6
        "0.0.0.0/8",
        "::/128",
        "224.0.0.0/4",
        "ff00::/8",
        "240.0.0.0/4",
    )
)
"""Refused whatever the settings say."""

_NAT64 = IPv6Network("64:ff9b::/96")


class TargetError(Problem):
    """A webhook must not go there, or its address cannot be read or resolved."""


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's address that was resolved and may be called, at exactly `ip`."""

    url: SplitResult
    host: str
    ip: Address

    @property
    def pinned_url(self) -> str:
        """The address with the checked IP in place of the name: between check and call nobody can turn the name."""
        literal = f"[{self.ip}]" if self.ip.version == 6 else str(self.ip)
        port = f":{self.url.port}" if self.url.port else ""
        return self.url._replace(netloc=literal + port, fragment="").geturl()

    @property
    def host_header(self) -> str:
        """What the receiver is to see as its name."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.url.port}" if self.url.port else name


def check_url(url: str) -> SplitResult:
    """A webhook's address, read.

    Raises:
        TargetError: it is not http(s), has no host or carries a user and password; or it is the number of a host that
            is refused whatever the settings say. A name is looked up when it is called, each time.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise TargetError("trust_target_form") from None
    if not usable or parts.username is not None or parts.password is not None or not url.isascii() or len(url) > 500:
        raise TargetError("trust_target_form")
    if any(not c.isprintable() or c.isspace() or c == "\\" for c in url):
        raise TargetError("trust_target_form")
    try:
        literal = ip_address(parts.hostname or "")
    except ValueError:
        return parts
    if not allowed(literal, allow_private=True):
        raise TargetError("trust_target_refused", host=str(literal))
    return parts


def allowed(address: Address, *, allow_private: bool) -> bool:
    """Whether this address may be called: never link-local and metadata, private and loopback ones by setting.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) counts as itself.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return allowed(inner, allow_private=allow_private)
    if any(address in network for network in NEVER if network.version == address.version):
        return False
    return allow_private or address.is_global


async def resolve(url: str, *, allow_private: bool) -> tuple[Target, ...]:
    """Look the host up and check every address that it has: one that is refused refuses the whole name.

    Returns:
        One target an address, in the order in which they are to be tried.

    Raises:
        TargetError: the address is not one, its host has no address, or it must not be called.
    """
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TargetError("trust_target_unresolved", host=host) from None
    addresses = list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))
    if not addresses or not all(allowed(address, allow_private=allow_private) for address in addresses):
        raise TargetError("trust_target_refused", host=host)
    return tuple(Target(parts, host, address) for address in addresses)
