use super::{TypedValue, ValueError, decimal};

/// One address in lower case, without `mailto:`, a display name, or what follows a question mark.
pub(super) fn normalise(raw: &str) -> Result<TypedValue, ValueError> {
    let error = || ValueError::new("an e-mail address, such as name@example.com", raw);
    let text = raw.trim();
    // "Ann Lee <ann@example.com>"
    let text = text.rsplit_once('<').and_then(|(_, inner)| inner.strip_suffix('>')).unwrap_or(text);
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &text[7..],
        _ => text,
    };
    let text = text.split('?').next().unwrap_or("").trim().trim_end_matches(['.', ',', ';']);
    let address = caseless::default_case_fold_str(&decimal::fold_numerals(text));
    let (name, domain) = address.split_once('@').ok_or_else(error)?;
    if is_name(name) && is_domain(domain) { Ok(TypedValue::text(address)) } else { Err(error()) }
}

fn is_name(name: &str) -> bool {
    let good = |c: char| !(c.is_whitespace() || c.is_control() || "()<>[]:;,\\\"@".contains(c));
    (1..=64).contains(&name.len())
        && name.chars().all(good)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let good = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(good)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for raw in [
            "ann.lee+news@example.com",
            "mailto:Ann.Lee+News@Example.com?subject=Hi",
            "MAILTO:ann.lee+news@example.com",
            "Ann Lee <ann.lee+news@example.com>",
            " ann.lee+news@example.com. ",
        ] {
            assert_eq!(normalise(raw).unwrap().text, "ann.lee+news@example.com", "{raw}");
        }
        for raw in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "a b@example.com",
            "a@b@example.com",
            "ann@-x.com",
            "a..b@example.com",
            "a@b.co, c@d.co",
        ] {
            assert!(normalise(raw).is_err(), "{raw}");
        }
    }
}
