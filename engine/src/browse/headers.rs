use super::vendors::HEADERS;

/// Of a response's headers those that tell who answered and why: names in lower case, of cookies only their names.
pub(super) fn telling<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for (name, value) in all {
        let name = name.to_ascii_lowercase();
        if name == "set-cookie" {
            // The browser joins several of them by line breaks.
            let names = value.lines().filter_map(|cookie| cookie.split('=').next());
            kept.extend(names.map(|cookie| (name.clone(), cookie.trim().to_ascii_lowercase())));
        } else if HEADERS.iter().any(|mark| mark.name == name) {
            kept.push((name, value.trim().to_ascii_lowercase()));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_tell_something() {
        let all =
            [("Content-Type", "text/html"), ("CF-Mitigated", "Challenge"), ("Set-Cookie", "datadome=x; a\n_abck=y")];
        let kept = telling(all.into_iter());
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(kept, [("cf-mitigated", "challenge"), ("set-cookie", "datadome"), ("set-cookie", "_abck")]);
    }
}
