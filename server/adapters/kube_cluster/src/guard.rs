//! Which addresses may be connected to. Asked about the address of the connection, after name resolution,
//! so that no spelling of a host and no changing DNS answer gets around it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the operator allows beyond public addresses.
///
/// Link-local, metadata, multicast and unspecified addresses are not for any operator to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Loopback addresses may be connected to: right while the web server itself listens on loopback only.
    pub allow_loopback: bool,
    /// Private ranges may not be connected to.
    pub deny_private: bool,
}

/// What kind of place an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Never(&'static str),
    Loopback,
    Private,
    Public,
}

impl AddressPolicy {
    /// Whether an address may be connected to.
    ///
    /// # Errors
    /// The kind of address, as the end of “its address is …”.
    pub fn permit(self, address: IpAddr) -> Result<(), &'static str> {
        match kind(address) {
            Kind::Never(what) => Err(what),
            Kind::Loopback if !self.allow_loopback => Err("a loopback address"),
            Kind::Private if self.deny_private => Err("a private address"),
            Kind::Loopback | Kind::Private | Kind::Public => Ok(()),
        }
    }
}

/// What an address is, when it is of a kind that is never connected to.
pub(crate) fn never(address: IpAddr) -> Option<&'static str> {
    match kind(address) {
        Kind::Never(what) => Some(what),
        Kind::Loopback | Kind::Private | Kind::Public => None,
    }
}

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => kind_v6(address),
    }
}

/// Ranges: IANA IPv4 Special-Purpose Address Registry; metadata services of the large clouds.
fn kind_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        [169, 254, ..] => Kind::Never("link-local (cloud metadata lives there)"),
        [100, 100, 100, 200] | [168, 63, 129, 16] => Kind::Never("a cloud metadata service"),
        [0, ..] => Kind::Never("unspecified"),
        [224..=239, ..] => Kind::Never("multicast"),
        [240..=255, ..] | [192, 0, 0, _] => Kind::Never("reserved"),
        [127, ..] => Kind::Loopback,
        [10, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        | [100, 64..=127, ..]
        | [198, 18..=19, ..] => Kind::Private,
        _ => Kind::Public,
    }
}

/// Ranges: IANA IPv6 Special-Purpose Address Registry. Addresses that carry an IPv4 address are judged by it.
fn kind_v6(address: Ipv6Addr) -> Kind {
    if address == Ipv6Addr::LOCALHOST {
        return Kind::Loopback;
    }
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        kind_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Kind::Never("unspecified"),
        // IPv4-compatible, IPv4-mapped, IPv4-translated and NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4.
        [0x2002, high, low, ..] => embedded(high, low),
        [0x64, 0xff9b, ..] => Kind::Never("reserved"),
        [0x2001, 0, ..] => Kind::Never("a Teredo tunnel"),
        [0xfd00, 0x0ec2, ..] | [0xfd20, 0x00ce, ..] => Kind::Never("a cloud metadata service"),
        [0xfe80..=0xfebf, ..] => Kind::Never("link-local (cloud metadata lives there)"),
        [0xff00..=0xffff, ..] => Kind::Never("multicast"),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Kind::Private,
        _ => Kind::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: AddressPolicy = AddressPolicy {
        allow_loopback: true,
        deny_private: false,
    };
    const CLOSED: AddressPolicy = AddressPolicy {
        allow_loopback: false,
        deny_private: true,
    };

    #[track_caller]
    fn check(addresses: &[&str], open: bool, closed: bool) {
        for address in addresses {
            let parsed = address.parse().unwrap();
            assert_eq!(OPEN.permit(parsed).is_ok(), open, "{address}, open");
            assert_eq!(CLOSED.permit(parsed).is_ok(), closed, "{address}, closed");
        }
    }
    #[test]
    fn metadata_and_unroutable_addresses_are_never_permitted() {
        check(
            &[
                "169.254.169.254",
                "169.254.0.1",
                "::ffff:169.254.169.254",
                "::a9fe:a9fe",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::1",
                "2001:0:1::1",
                "fe80::1",
                "febf::1",
                "fd00:ec2::254",
                "100.100.100.200",
                "168.63.129.16",
                "0.0.0.0",
                "0.1.2.3",
                "::",
                "::ffff:0.0.0.0",
                "224.0.0.1",
                "ff02::1",
                "255.255.255.255",
                "240.0.0.1",
                "192.0.0.192",
            ],
            false,
            false,
        );
    }
    #[test]
    fn loopback_is_permitted_where_the_operator_says_so() {
        check(
            &[
                "127.0.0.1",
                "127.9.9.9",
                "::1",
                "::ffff:127.0.0.1",
                "::7f00:1",
            ],
            true,
            false,
        );
    }

    #[test]
    fn private_ranges_are_permitted_unless_denied() {
        check(
            &[
                "10.0.0.1",
                "172.31.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "fd12::1",
                "::ffff:10.0.0.1",
            ],
            true,
            false,
        );
    }

    #[test]
    fn public_addresses_are_permitted() {
        check(&["8.8.8.8", "172.32.0.1", "2606:4700::1111"], true, true);
    }
}
