use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

/// Networks as a person writes them: `10.1.0.0/16`, `fd12::/64` or one address, with commas between. None are fine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        named.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_| format!("`{text}` is no network: write it as 10.1.0.0/16, fd12::/64 or 10.1.2.3"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses() {
        let networks = |text: &str| {
            text.parse::<Networks>().map(|networks| networks.0.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(networks(" 10.1.0.0/16, fd12::1,10.1.2.3 ").unwrap(), ["10.1.0.0/16", "fd12::1/128", "10.1.2.3/32"]);
        assert_eq!(networks("").unwrap(), [""; 0]);
        insta::assert_snapshot!(networks("10.1.0.0/16,localhost").unwrap_err(), @"`localhost` is no network: write it as 10.1.0.0/16, fd12::/64 or 10.1.2.3");
    }
}
