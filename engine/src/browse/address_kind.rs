use ipnet::{Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is that is not one of the public Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// This machine.
    Loopback,
    /// A network of an organization or a home, v4 or v6.
    Private,
    /// The wire that this machine is on.
    LinkLocal,
    /// Where a cloud tells a machine its secrets.
    Metadata,
    /// Between a provider and its customers.
    CarrierNat,
    /// "This network", the unspecified address among them, which many systems take for themselves.
    ThisNetwork,
    /// For the protocols of the Internet itself.
    Protocol,
    /// For examples in documents.
    Documentation,
    /// For measurements of network devices.
    Benchmarking,
    /// Many receivers.
    Multicast,
    /// Every receiver.
    Broadcast,
    /// A tunnel or a translation that ends nobody knows where.
    Tunnel,
    /// Not given to anybody.
    Reserved,
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud's metadata",
            Self::CarrierNat => "an address of a provider's own network",
            Self::ThisNetwork => "an address of this network",
            Self::Protocol => "an address for network protocols",
            Self::Documentation => "an address for documentation",
            Self::Benchmarking => "an address for benchmarks",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "a broadcast address",
            Self::Tunnel => "an address of a tunnel",
            Self::Reserved => "a reserved address",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(head: [u16; 4], length: u8) -> Ipv6Net {
    let [a, b, c, d] = head;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length)
}

/// After the IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its updates) and the IPv4 Multicast Address Space
/// Registry; the first that fits counts. Metadata servers are named by the clouds: 169.254.169.254 by nearly all,
/// 169.254.170.2 and .23 by AWS for containers, 100.100.100.200 by Alibaba, 192.0.0.192 by Oracle, and 168.63.129.16, which
/// looks public, by Azure.
const V4: [(Ipv4Net, AddressKind); 21] = [
    (v4(169, 254, 169, 254, 32), AddressKind::Metadata),
    (v4(169, 254, 170, 2, 32), AddressKind::Metadata),
    (v4(169, 254, 170, 23, 32), AddressKind::Metadata),
    (v4(100, 100, 100, 200, 32), AddressKind::Metadata),
    (v4(192, 0, 0, 192, 32), AddressKind::Metadata),
    (v4(168, 63, 129, 16, 32), AddressKind::Metadata),
    (v4(255, 255, 255, 255, 32), AddressKind::Broadcast),
    (v4(0, 0, 0, 0, 8), AddressKind::ThisNetwork),
    (v4(10, 0, 0, 0, 8), AddressKind::Private),
    (v4(100, 64, 0, 0, 10), AddressKind::CarrierNat),
    (v4(127, 0, 0, 0, 8), AddressKind::Loopback),
    (v4(169, 254, 0, 0, 16), AddressKind::LinkLocal),
    (v4(172, 16, 0, 0, 12), AddressKind::Private),
    (v4(192, 0, 0, 0, 24), AddressKind::Protocol),
    (v4(192, 0, 2, 0, 24), AddressKind::Documentation),
    (v4(192, 88, 99, 0, 24), AddressKind::Tunnel),
    (v4(192, 168, 0, 0, 16), AddressKind::Private),
    (v4(198, 18, 0, 0, 15), AddressKind::Benchmarking),
    (v4(198, 51, 100, 0, 24), AddressKind::Documentation),
    (v4(203, 0, 113, 0, 24), AddressKind::Documentation),
    (v4(224, 0, 0, 0, 4), AddressKind::Multicast),
];

/// After the IANA IPv6 Special-Purpose Address Registry; the first that fits counts. What lies outside of these and of
/// 2000::/3 is allocated to nobody.
const V6: [(Ipv6Net, AddressKind); 14] = [
    (v6([0xfd00, 0xec2, 0, 0], 64), AddressKind::Metadata),
    (v6([0xfd20, 0xce, 0, 0], 64), AddressKind::Metadata),
    (v6([0xfc00, 0, 0, 0], 7), AddressKind::Private),
    (v6([0xfe80, 0, 0, 0], 10), AddressKind::LinkLocal),
    (v6([0xfec0, 0, 0, 0], 10), AddressKind::Private),
    (v6([0xff00, 0, 0, 0], 8), AddressKind::Multicast),
    (v6([0x64, 0xff9b, 1, 0], 48), AddressKind::Tunnel),
    (v6([0x100, 0, 0, 0], 32), AddressKind::Protocol),
    (v6([0x2001, 0, 0, 0], 32), AddressKind::Tunnel),
    (v6([0x2001, 2, 0, 0], 48), AddressKind::Benchmarking),
    (v6([0x2001, 0xdb8, 0, 0], 32), AddressKind::Documentation),
    (v6([0x2001, 0, 0, 0], 23), AddressKind::Protocol),
    (v6([0x3fff, 0, 0, 0], 20), AddressKind::Documentation),
    (v6([0x5f00, 0, 0, 0], 16), AddressKind::Protocol),
];
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);
const V4_COMPATIBLE: Ipv6Net = v6([0, 0, 0, 0], 96);
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0], 16);

/// What an address is when it is not one of the public Internet; `None`: it is.
///
/// A v6 address that carries a v4 one (mapped, compatible, NAT64, 6to4) is what that one is.
#[must_use]
pub fn refusal(address: IpAddr) -> Option<AddressKind> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(AddressKind::Loopback),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(AddressKind::ThisNetwork),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

fn refusal_v4(address: Ipv4Addr) -> Option<AddressKind> {
    let named = V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind);
    named.or((address.octets()[0] >= 240).then_some(AddressKind::Reserved))
}

fn refusal_v6(address: Ipv6Addr) -> Option<AddressKind> {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return refusal_v4(mapped);
    }
    let carried = embedded(address);
    if let Some(kind) = carried.and_then(refusal_v4) {
        return Some(kind);
    }
    let named = V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind);
    let global = GLOBAL_UNICAST.contains(&address) || NAT64.contains(&address);
    named.or((!global).then_some(AddressKind::Reserved))
}

/// The v4 address that a translator or a tunnel would go to.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    if V4_COMPATIBLE.contains(&address) || NAT64.contains(&address) {
        return u32::try_from(bits & u128::from(u32::MAX)).ok().map(Ipv4Addr::from_bits);
    }
    let six_to_four = u32::try_from(bits >> 80 & u128::from(u32::MAX)).ok().map(Ipv4Addr::from_bits);
    six_to_four.filter(|_| SIX_TO_FOUR.contains(&address))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(address: &str) -> Option<AddressKind> {
        refusal(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_reached() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "2003::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert_eq!(kind(address), None, "{address}");
        }
    }

    #[test]
    fn special_addresses_are_called_what_they_are() {
        use AddressKind as K;
        for (address, expected) in [
            ("0.0.0.0", K::ThisNetwork),
            ("0.1.2.3", K::ThisNetwork),
            ("10.255.255.255", K::Private),
            ("100.64.0.1", K::CarrierNat),
            ("100.100.100.200", K::Metadata),
            ("127.0.0.1", K::Loopback),
            ("127.255.255.254", K::Loopback),
            ("169.254.0.1", K::LinkLocal),
            ("169.254.169.254", K::Metadata),
            ("168.63.129.16", K::Metadata),
            ("172.16.0.1", K::Private),
            ("172.31.255.255", K::Private),
            ("192.0.0.8", K::Protocol),
            ("192.0.0.170", K::Protocol),
            ("192.0.2.1", K::Documentation),
            ("192.88.99.1", K::Tunnel),
            ("192.168.1.1", K::Private),
            ("198.18.0.1", K::Benchmarking),
            ("198.19.255.255", K::Benchmarking),
            ("198.51.100.7", K::Documentation),
            ("203.0.113.7", K::Documentation),
            ("224.0.0.251", K::Multicast),
            ("239.255.255.250", K::Multicast),
            ("240.0.0.1", K::Reserved),
            ("255.255.255.255", K::Broadcast),
            ("::", K::ThisNetwork),
            ("::1", K::Loopback),
            ("::2", K::ThisNetwork),
            ("::127.0.0.1", K::Loopback),
            ("::8.8.8.8", K::Reserved),
            ("::ffff:127.0.0.1", K::Loopback),
            ("::ffff:0:127.0.0.1", K::Reserved),
            ("64:ff9b::7f00:1", K::Loopback),
            ("64:ff9b:1::1", K::Tunnel),
            ("64:ff9b:1:a00:0:100::", K::Tunnel),
            ("100::1", K::Protocol),
            ("2001::1", K::Tunnel),
            ("2001:2::1", K::Benchmarking),
            ("2001:10::1", K::Protocol),
            ("2001:20::1", K::Protocol),
            ("2001:db8::1", K::Documentation),
            ("2002:7f00:1::1", K::Loopback),
            ("2002:a00:1::", K::Private),
            ("2002:a9fe:a9fe::", K::Metadata),
            ("3fff::1", K::Documentation),
            ("4000::1", K::Reserved),
            ("5f00::1", K::Protocol),
            ("fc00::1", K::Private),
            ("fd12::1", K::Private),
            ("fd00:ec2::254", K::Metadata),
            ("fe80::1", K::LinkLocal),
            ("fec0::1", K::Private),
            ("ff02::fb", K::Multicast),
        ] {
            assert_eq!(kind(address), Some(expected), "{address}");
        }
    }

    /// The forms in which a v6 address carries a v4 one.
    fn carriers(address: Ipv4Addr) -> [Ipv6Addr; 5] {
        let bits = u128::from(address.to_bits());
        [
            address.to_ipv6_mapped(),
            Ipv6Addr::from_bits(bits),
            Ipv6Addr::from_bits(0x64_ff9b << 96 | bits),
            Ipv6Addr::from_bits(0x64_ff9b_0001 << 80 | bits),
            Ipv6Addr::from_bits(0x2002 << 112 | bits << 80 | 1),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_is_refused_is_refused_in_every_form(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            if refusal(address.into()).is_some() {
                for carrier in carriers(address) {
                    prop_assert!(refusal(carrier.into()).is_some(), "{address} as {carrier}");
                }
            }
        }

        #[test]
        fn every_address_of_a_special_network_is_refused(at in 0..V4.len(), host in any::<u32>()) {
            let (net, _) = V4[at];
            let inside = net.network().to_bits() | (host & net.hostmask().to_bits());
            for carrier in carriers(Ipv4Addr::from_bits(inside)) {
                prop_assert!(refusal(carrier.into()).is_some());
            }
            prop_assert!(refusal(Ipv4Addr::from_bits(inside).into()).is_some());
        }

        #[test]
        fn nothing_outside_of_global_unicast_is_reached_but_by_translation(bits in any::<u128>()) {
            let address = Ipv6Addr::from_bits(bits);
            let reached = refusal(address.into()).is_none();
            prop_assert!(!reached || GLOBAL_UNICAST.contains(&address) || NAT64.contains(&address)
                || address.to_ipv4_mapped().is_some());
        }
    }
}
