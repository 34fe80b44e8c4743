"""Network addresses, grouped by network."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str) -> str:
    """Return the network of an address: for IPv6 its first 64 bits, because one holder has all addresses in them.

    An IPv4 address, or a text that is not an address, is returned unchanged.
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
