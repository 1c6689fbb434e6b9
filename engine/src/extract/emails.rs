use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};
use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// E-mail addresses: `mailto:` links, addresses in the text, also as "name [at] host [dot] com" and hidden from robots.
#[derive(Debug)]
pub(super) struct Emails;

/// Addresses of one page that are looked at.
const MOST: usize = 60;

static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)[a-z0-9][a-z0-9._%+\-]{0,63}@[a-z0-9](?:[a-z0-9\-]{0,62}\.)+[a-z]{2,24}").ok());
static SPOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let dot = r"(?:\s*[\[({<]\s*(?:dot|punkt|point|punto|ponto|kropka|punt)\s*[\])}>]\s*|\s+(?:dot|punkt)\s+|\.)";
    let at = r"(?:\s*[\[({<]\s*(?:at|ät|a|arroba|chiocciola|arobase|malpa|małpa|apenstaartje|snabel-a|@)\s*[\])}>]\s*|\s+(?:at|arroba)\s+)";
    Regex::new(&format!(r"(?i)\b([a-z0-9][a-z0-9._%+\-]*(?:{dot}[a-z0-9_\-]+)*){at}([a-z0-9\-]+(?:{dot}[a-z0-9\-]+)*{dot}[a-z]{{2,24}})\b")).ok()
});
static DOT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*[\[({<]\s*(?:dot|punkt|point|punto|ponto|kropka|punt)\s*[\])}>]\s*|\s+(?:dot|punkt)\s+").ok()
});

struct Found {
    address: String,
    score: f64,
    node: usize,
}

impl Resolver for Emails {
    fn name(&self) -> &'static str {
        "email"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        if !queries.iter().any(|query| query.is_like("email")) {
            return;
        }
        let found = addresses(page);
        for (field, _) in queries.iter().enumerate().filter(|(_, query)| query.is_like("email")) {
            for found in &found {
                let evidence = Evidence::Node(found.node);
                out.push(Candidate {
                    field,
                    raw: found.address.clone(),
                    score: found.score,
                    resolver: self.name(),
                    evidence,
                });
            }
        }
    }
}

fn addresses(page: &PageView<'_>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |address: String, base: f64, zone: Zone, node: usize| {
        let address = address.trim_matches(['.', '-']).to_owned();
        let order = 0.985_f64.powi(all.len().min(20) as i32);
        let score = (base + fit(page, &address)) * share(zone) * order;
        if is_example(&address) || score <= 0.0 {
            return;
        }
        let next = all.len();
        let at = *known.entry(address.to_lowercase()).or_insert(next);
        if let Some(found) = all.get_mut(at) {
            found.score = (found.score.max(score) + 0.02).min(0.97);
        } else if next < MOST {
            all.push(Found { address, score: score.min(0.97), node });
        }
    };
    let reading = page.reading();
    for node in page.page.nodes().filter(|node| node.tag().is_some()) {
        let hidden = node.attr("data-cfemail").and_then(unveil);
        let linked = node.attr("href").filter(|_| node.tag() == Some("a")).and_then(mail_link);
        if let Some(address) = hidden.or(linked) {
            add(address, 0.8, reading.zone(node.index()), node.index());
        }
    }
    // What is written by a script for those who have one is often spelt out for those who have none.
    for node in page.page.elements("noscript").take(MOST) {
        let text = node.short_text(400).unwrap_or_default();
        let address = SPOKEN.as_ref().and_then(|pattern| pattern.captures(&text)).and_then(|parts| spelt(&parts));
        let plain = || ADDRESS.as_ref()?.find(&text).map(|found| found.as_str().to_owned());
        if let Some(address) = address.or_else(plain) {
            add(address, 0.6, reading.zone(node.index()), node.index());
        }
    }
    for line in reading.lines() {
        let text = reading.text(line);
        if text.len() > 20_000 {
            continue;
        }
        if let Some(pattern) = ADDRESS.as_ref().filter(|_| text.contains('@')) {
            for found in pattern.find_iter(text).take(MOST) {
                add(found.as_str().to_owned(), 0.76, line.zone, reading.element(line, found.start(), found.end()));
            }
        }
        let spoken = SPOKEN
            .as_ref()
            .filter(|_| words("at").within(reading.folded(line)) || text.contains("[@]") || text.contains("(@)"));
        for parts in spoken.into_iter().flat_map(|pattern| pattern.captures_iter(text)).take(MOST) {
            let (Some(name), Some(host)) = (parts.get(1), parts.get(2)) else { continue };
            let bracketed = text[name.end()..host.start()].contains(['[', '(', '{', '<']);
            let Some(address) = spelt(&parts) else { continue };
            add(
                address,
                if bracketed { 0.74 } else { 0.45 },
                line.zone,
                reading.element(line, name.start(), host.end()),
            );
        }
    }
    all
}

/// The address that "name [at] host [dot] com" stands for.
fn spelt(parts: &Captures<'_>) -> Option<String> {
    let plain =
        |part: &str| DOT.as_ref().map_or_else(|| part.to_owned(), |dot| dot.replace_all(part, ".").replace(' ', ""));
    Some(format!("{}@{}", plain(parts.get(1)?.as_str()), plain(parts.get(2)?.as_str())))
}

fn mail_link(href: &str) -> Option<String> {
    let mail = href.trim();
    let mail = mail.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map(|_| &mail[7..])?;
    let written = mail.split('?').next()?.replace("%40", "@").replace("%20", "").replace("%2E", ".");
    let found = ADDRESS.as_ref()?.find(&written)?;
    Some(found.as_str().to_owned())
}

/// Addresses that a well-known proxy hides from robots: bytes in hexadecimal, the first of which veils the others.
fn unveil(veiled: &str) -> Option<String> {
    if veiled.len() > 400 || !veiled.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..veiled.len() / 2).map(|at| u8::from_str_radix(veiled.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    let bytes = bytes?;
    let (key, rest) = bytes.split_first()?;
    String::from_utf8(rest.iter().map(|byte| byte ^ key).collect()).ok().filter(|address| address.contains('@'))
}

/// An address of the site itself, or for everyone, says more than one of somebody else.
fn fit(page: &PageView<'_>, address: &str) -> f64 {
    const FOR_ALL: [&str; 14] = [
        "info",
        "contact",
        "kontakt",
        "office",
        "mail",
        "hello",
        "hallo",
        "contacto",
        "contatto",
        "contato",
        "service",
        "sales",
        "post",
        "enquiries",
    ];
    let Some((name, host)) = address.split_once('@') else { return -1.0 };
    let (name, host) = (name.to_lowercase(), host.to_lowercase());
    let own = page.locale().host.as_deref().is_some_and(|own| own.ends_with(host.as_str()) || host.ends_with(own));
    const NOBODY: [&str; 20] = [
        "noreply",
        "no-reply",
        "donotreply",
        "abuse",
        "webmaster",
        "postmaster",
        "privacy",
        "dpo",
        "datenschutz",
        "rgpd",
        "gdpr",
        "rodo",
        "iod@",
        "press",
        "jobs",
        "career",
        "karriere",
        "bewerbung",
        "recrutement",
        "vacatures",
    ];
    let start = format!("{name}@");
    let role = if FOR_ALL.contains(&name.as_str()) {
        0.06
    } else if NOBODY.iter().any(|known| start.contains(known)) {
        -0.25
    } else {
        0.0
    };
    role + if own { 0.1 } else { 0.0 }
}

/// Addresses that documents and forms use as examples, and names of pictures that look like addresses.
fn is_example(address: &str) -> bool {
    let address = address.to_lowercase();
    let host = address.rsplit('@').next().unwrap_or_default();
    let ending = host.rsplit('.').next().unwrap_or_default();
    matches!(ending, "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "css" | "js")
        || matches!(host, "domain.com" | "yourdomain.com" | "email.com" | "company.com" | "mysite.com")
}

fn share(zone: Zone) -> f64 {
    if zone.is(Zone::OTHERS) || zone.is(Zone::OVERLAY) { 0.75 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn addresses_in_many_forms() {
        let email = |html: &str| found("email:email", html);
        assert_eq!(email("<a href='mailto:info%40acme.org?subject=Hi'>Mail</a>"), "info@acme.org");
        assert_eq!(email("<p>Write to ann.lee@acme.org."), "ann.lee@acme.org");
        assert_eq!(email("<p>ann [at] acme [dot] org"), "ann@acme.org");
        assert_eq!(email("<p>kontakt(at)acme.de"), "kontakt@acme.de");
        assert_eq!(email("<noscript>office (at) acme.org</noscript>"), "office@acme.org");
        assert_eq!(email("<p>ann<span style='display:none'>nospam</span>@acme.org"), "ann@acme.org");
        assert_eq!(email("<p>We met at acme. Come at noon"), "");
        assert_eq!(email("<p>logo@2x.png"), "");
        assert_eq!(email("<p>noreply@acme.org and info@acme.org"), "info@acme.org");
    }

    #[test]
    fn veiled_addresses() {
        let veiled: String = b"\x2aa@b.org"
            .iter()
            .enumerate()
            .map(|(at, byte)| format!("{:02x}", if at == 0 { *byte } else { byte ^ 0x2a }))
            .collect();
        assert_eq!(unveil(&veiled).as_deref(), Some("a@b.org"));
        assert_eq!(unveil("zz"), None);
    }
}
