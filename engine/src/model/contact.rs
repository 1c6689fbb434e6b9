/// Longer contacts are no contacts.
const LONGEST: usize = 254;

/// A contact as an address to follow: `mailto:ops@example.org`, or the `http` or `https` one that was given. It goes into
/// a header of every request, so nothing that could end or break up one is let through.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn contact_address(contact: &str) -> Result<String, String> {
    let refuse = |why: &str| {
        let shown: String = contact.escape_debug().take(80).collect();
        Err(format!("`{shown}` {why}; write a mailbox, as ops@example.org, or an address, as https://example.org/bot"))
    };
    let given = contact.trim_matches(' ');
    if given.is_empty() {
        return refuse("is no contact");
    }
    if given.len() > LONGEST {
        return refuse("is too long for a contact");
    }
    if !given.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>;,\"\\`{}|^".contains(&byte)) {
        return refuse("has characters that do not belong in a contact");
    }
    let mailbox = given.strip_prefix("mailto:").unwrap_or(given);
    if given.contains("://") {
        return match url::Url::parse(given) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => Ok(url.into()),
            _ => refuse("is no address that a person could open"),
        };
    }
    match mailbox.split_once('@') {
        Some((local, domain)) if is_local(local) && is_domain(domain) => Ok(format!("mailto:{mailbox}")),
        _ => refuse("is neither a mailbox nor an address"),
    }
}

fn is_local(local: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=_~".contains(&byte);
    !local.is_empty() && local.bytes().all(plain)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by failing what it expected")]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_and_addresses() {
        assert_eq!(contact_address(" ops+bots@example.co.uk ").unwrap(), "mailto:ops+bots@example.co.uk");
        assert_eq!(contact_address("mailto:ops@example.org").unwrap(), "mailto:ops@example.org");
        assert_eq!(contact_address("https://example.org/bot?a=1").unwrap(), "https://example.org/bot?a=1");
    }

    #[test]
    fn nothing_gets_out_of_its_header() {
        let wrong = [
            "",
            " ",
            "ops@example.org\r\nX-Admin: 1",
            "ops@example.org\n",
            "ops@example.org\u{85}",
            "a@b.org) evil/1.0 (",
            "ops@exämple.org",
            "ops at example.org",
            "ops@localhost",
            "@example.org",
            "ops@-example.org",
            "a@b@example.org",
            "ftp://example.org",
            "http://",
            "https://user:secret@example.org",
            "javascript://example.org",
        ];
        for contact in wrong {
            assert!(contact_address(contact).is_err(), "{contact:?}");
        }
        assert!(contact_address(&format!("{}@example.org", "a".repeat(250))).is_err());
        insta::assert_snapshot!(contact_address("ops@example.org\nX: 1").unwrap_err(), @r"`ops@example.org\nX: 1` has characters that do not belong in a contact; write a mailbox, as ops@example.org, or an address, as https://example.org/bot");
    }
}
