use crate::model::contact_address;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Who visits, as robots.txt calls it.
pub const PRODUCT: &str = "mino";

/// What the operating system is called in a browser's user agent; browsers have frozen these.
const PLATFORM: &str = if cfg!(target_os = "macos") {
    "Macintosh; Intel Mac OS X 10_15_7"
} else if cfg!(target_os = "windows") {
    "Windows NT 10.0; Win64; x64"
} else {
    "X11; Linux x86_64"
};

/// Who visits, as every request tells: by name and version, and whom to ask about it. A contact that is none is left out.
///
/// With the version of a Chromium the string begins with that browser's own, since sites choose by it what they send; its
/// client hints (`Sec-CH-UA`), which the string does not change, name the same version.
#[must_use]
pub fn user_agent(contact: Option<&str>, chromium: Option<&str>) -> String {
    let contact = contact.and_then(|contact| contact_address(contact).ok());
    let contact = contact.map_or_else(String::new, |address| format!("; +{address}"));
    let own = format!("(compatible; {PRODUCT}/{}{contact})", env!("CARGO_PKG_VERSION"));
    match chromium.and_then(major) {
        Some(major) => format!(
            "Mozilla/5.0 ({PLATFORM}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36 {own}"
        ),
        None => format!("Mozilla/5.0 {own}"),
    }
}

/// Browsers tell no more of their version than this.
fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The version of a Chromium, as `140.0.7339.80`; `None` when it does not say.
pub async fn chromium_version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(10), command.output()).await.ok()?.ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout)).map(str::to_owned)
}

fn version_in(text: &str) -> Option<&str> {
    let is_version = |word: &&str| word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.split_whitespace().find(is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_tells_who_asks_and_whom_to_ask() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(user_agent(None, None), format!("Mozilla/5.0 (compatible; mino/{version})"));
        let contact = Some("ops@example.org");
        assert_eq!(
            user_agent(contact, None),
            format!("Mozilla/5.0 (compatible; mino/{version}; +mailto:ops@example.org)")
        );
        let browser = user_agent(contact, Some("140.0.7339.80"));
        assert!(browser.starts_with("Mozilla/5.0 ("), "{browser}");
        let end = format!(
            "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 (compatible; mino/{version}; +mailto:ops@example.org)"
        );
        assert!(browser.ends_with(&end), "{browser}");
    }

    #[test]
    fn nothing_but_a_contact_gets_into_the_header() {
        assert_eq!(user_agent(Some("a@b.org\r\nX: 1"), Some("x\r\ny")), user_agent(None, None));
    }

    #[test]
    fn versions_are_found_in_what_browsers_say() {
        assert_eq!(version_in("Chromium 140.0.7339.80 built on Debian GNU/Linux 13"), Some("140.0.7339.80"));
        assert_eq!(version_in("Google Chrome 140.0.7339.80 \n"), Some("140.0.7339.80"));
        assert_eq!(version_in("usage: x"), None);
    }
}
