use super::{TypedValue, ValueError, text};
use ::url::Url;

/// Query parameters that say where a visitor came from and not what the page is.
const TRACKING: [&str; 28] = [
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "li_fat_id",
    "epik",
    "srsltid",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "__hstc",
    "__hssc",
    "mkt_tok",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
    "wickedid",
];

/// An absolute address: host in lower case, without default port, fragment and tracking parameters.
pub(super) fn normalise(raw: &str) -> Result<TypedValue, ValueError> {
    let error = || ValueError::new("a web address, such as https://example.com/page", raw);
    let mut url = parse(raw.trim()).ok_or_else(error)?;
    url.set_fragment(None);
    drop_tracking(&mut url);
    Ok(TypedValue::text(String::from(url)))
}

fn parse(raw: &str) -> Option<Url> {
    let raw = raw.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(raw);
    if raw.contains("://") && !raw.starts_with("//") {
        let url = Url::parse(raw).ok()?;
        let web =
            matches!(url.scheme(), "http" | "https" | "ftp") && url.host_str().is_some_and(|host| !host.is_empty());
        return web.then_some(url);
    }
    let bare = raw.strip_prefix("//").unwrap_or(raw);
    let host = bare.split(['/', '?', '#']).next()?;
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if !is_port || !(name.eq_ignore_ascii_case("localhost") || is_domain(name)) {
        return None;
    }
    Url::parse(&format!("https://{bare}")).ok()
}

/// Without a scheme only a name with a top-level domain is an address: "3.5" and "hello" are not.
fn is_domain(name: &str) -> bool {
    let good = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let top = text::collapse(name.rsplit('.').next().unwrap_or(""));
    let named = top.chars().count() >= 2 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"));
    name.contains('.') && named && name.split('.').all(good)
}

fn drop_tracking(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
    let kept = kept.join("&");
    url.set_query(if kept.is_empty() { None } else { Some(&kept) });
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or("").to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (raw, expected) in [
            ("https://Example.COM:443/Path/?b=2&a=1#top", "https://example.com/Path/?b=2&a=1"),
            ("http://example.com:80", "http://example.com/"),
            ("http://example.com:8080/x", "http://example.com:8080/x"),
            ("example.com/x", "https://example.com/x"),
            ("example.com:8080/x", "https://example.com:8080/x"),
            ("//example.com/x", "https://example.com/x"),
            ("www.example.com", "https://www.example.com/"),
            ("https://example.com/?utm_source=a&id=7&gclid=x&FBCLID=y", "https://example.com/?id=7"),
            ("https://example.com/x?utm_source=a", "https://example.com/x"),
            ("https://example.com/x/", "https://example.com/x/"),
            ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
            ("<https://example.com/>", "https://example.com/"),
            ("localhost:3000/a", "https://localhost:3000/a"),
        ] {
            assert_eq!(normalise(raw).unwrap().text, expected, "{raw}");
        }
        for raw in [
            "",
            "hello",
            "hello world.com",
            "3.5",
            "mailto:a@b.co",
            "javascript:void(0)",
            "https://",
            "file:///etc/passwd",
            "/path",
        ] {
            assert!(normalise(raw).is_err(), "{raw}");
        }
    }
}
