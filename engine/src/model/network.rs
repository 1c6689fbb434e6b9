use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

/// A network as a person writes it: `10.1.0.0/16`, `fd12::/64`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Self).map_err(|_| format!("`{text}` is no network: write it as 10.1.0.0/16, fd12::/64 or 10.1.2.3"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses() {
        assert_eq!(" 10.1.0.0/16".parse::<Network>().unwrap().0.to_string(), "10.1.0.0/16");
        assert_eq!("10.1.2.3".parse::<Network>().unwrap().0.to_string(), "10.1.2.3/32");
        assert_eq!("fd12::1".parse::<Network>().unwrap().0.to_string(), "fd12::1/128");
        insta::assert_snapshot!("localhost".parse::<Network>().unwrap_err(), @"`localhost` is no network: write it as 10.1.0.0/16, fd12::/64 or 10.1.2.3");
    }
}
