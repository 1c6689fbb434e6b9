use std::path::Path;

/// What an automated browser is started with: nothing that talks to the network unasked, nothing that waits for a screen
/// or a person, nothing that slows down a page nobody looks at, no windows opened by pages, and one renderer process for
/// each context where the sites allow it.
const FLAGS: [&str; 38] = [
    "block-new-web-contents",
    "disable-background-networking",
    "disable-background-timer-throttling",
    "disable-backgrounding-occluded-windows",
    "disable-breakpad",
    "disable-client-side-phishing-detection",
    "disable-component-extensions-with-background-pages",
    "disable-component-update",
    "disable-crash-reporter",
    "disable-default-apps",
    "disable-dev-shm-usage",
    "disable-domain-reliability",
    "disable-extensions",
    "disable-features=TranslateUI",
    "disable-gpu",
    "disable-hang-monitor",
    "disable-ipc-flooding-protection",
    "disable-popup-blocking",
    "disable-prompt-on-repost",
    "disable-renderer-backgrounding",
    "disable-search-engine-choice-screen",
    "disable-sync",
    "enable-automation",
    "enable-blink-features=IdleDetection",
    "enable-features=NetworkService,NetworkServiceInProcess",
    "force-color-profile=srgb",
    "headless",
    "hide-scrollbars",
    "lang=en_US",
    "metrics-recording-only",
    "mute-audio",
    "no-default-browser-check",
    "no-first-run",
    "no-pings",
    "password-store=basic",
    "remote-debugging-port=0",
    "renderer-process-limit=1",
    "use-mock-keychain",
];

/// Of these the values add up; of any other flag the last one counts.
const LISTS: [&str; 4] = ["disable-features", "enable-features", "enable-blink-features", "js-flags"];

/// The arguments of one browser. `heap` is what the scripts of a page may take, in bytes; `more` are flags without
/// their dashes, as `proxy-server=127.0.0.1:8080`, and go before ours.
pub(super) fn arguments(profile: &Path, heap: u64, user_agent: Option<&str>, more: &[String]) -> Vec<String> {
    let mut flags: Vec<(String, String)> = Vec::new();
    let own = FLAGS.iter().map(|flag| (*flag).to_owned());
    let given = [
        Some(format!("user-data-dir={}", profile.display())),
        Some(format!("js-flags=--max-old-space-size={}", (heap >> 20).max(64))),
        user_agent.map(|agent| format!("user-agent={agent}")),
        // Chromium refuses its sandbox to root.
        runs_as_root().then(|| "no-sandbox".to_owned()),
        runs_as_root().then(|| "disable-setuid-sandbox".to_owned()),
    ];
    for flag in own.chain(given.into_iter().flatten()).chain(more.iter().cloned()) {
        let flag = flag.trim_start_matches("--");
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        match flags.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) if LISTS.contains(&name) => {
                values.push(if name == "js-flags" { ' ' } else { ',' });
                values.push_str(value);
            }
            Some((_, old)) => value.clone_into(old),
            None => flags.push((name.to_owned(), value.to_owned())),
        }
    }
    let written = |(name, value): (String, String)| {
        if value.is_empty() { format!("--{name}") } else { format!("--{name}={value}") }
    };
    flags.into_iter().map(written).collect()
}

fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_add_up_and_the_last_of_others_counts() {
        let more = ["disable-features=Dav1d", "--lang=de", "proxy-server=127.0.0.1:1"].map(str::to_owned);
        let arguments = arguments(Path::new("/tmp/p"), 300 << 20, Some("Mino (+x)"), &more);
        for expected in [
            "--disable-features=TranslateUI,Dav1d",
            "--lang=de",
            "--proxy-server=127.0.0.1:1",
            "--js-flags=--max-old-space-size=300",
            "--user-agent=Mino (+x)",
            "--user-data-dir=/tmp/p",
            "--headless",
        ] {
            assert_eq!(arguments.iter().filter(|argument| *argument == expected).count(), 1, "{expected}");
        }
    }
}
