"""Network addresses: who sits behind the same one."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str) -> str:
    """Return what an address has in common with the others that its holder can take: of IPv6 the first 64 bits.

    What is no address is returned as it is.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
