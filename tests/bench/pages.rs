//! Saved pages for benchmarks.

use std::path::Path;
use std::process::Command;

/// The text of every `*.html` and `*.html.gz` below a folder, in order of their paths.
pub(crate) fn pages(folder: &Path) -> Vec<String> {
    let listed = Command::new("find").arg(folder).args(["-name", "*.html*"]).output().unwrap();
    let mut paths: Vec<String> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    paths.sort();
    let read = |path: &String| {
        let unpacked = Command::new("gzip").args(["-dcf", path]).output().unwrap();
        String::from_utf8_lossy(&unpacked.stdout).into_owned()
    };
    paths.iter().map(read).collect()
}
