use super::BrowseError;
use std::path::{Path, PathBuf};

/// Which browser to drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserSource {
    /// Start this executable.
    Executable(PathBuf),
    /// Connect to this DevTools address.
    Remote(String),
}

/// In the order of pages a second.
const NAMES: [&str; 6] = [
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// The browser that `named` gives (a path, or a `ws://` or `http://` DevTools address), else the first one found in
/// `path_variable`, a list of folders as in `PATH`.
///
/// # Errors
/// When there is none, with how to get one.
pub fn locate(named: Option<&str>, path_variable: Option<&std::ffi::OsStr>) -> Result<BrowserSource, BrowseError> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        if ["ws://", "wss://", "http://", "https://"].iter().any(|scheme| named.starts_with(scheme)) {
            return Ok(BrowserSource::Remote(named.to_owned()));
        }
        let path = PathBuf::from(named);
        return if is_executable(&path) {
            Ok(BrowserSource::Executable(path))
        } else {
            Err(BrowseError::NotThere { path })
        };
    }
    let folders: Vec<PathBuf> = path_variable.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| is_executable(path)).map(BrowserSource::Executable).ok_or(BrowseError::Missing)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_headless_shell_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["chromium", "chromium-headless-shell"] {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let found = locate(None, Some(folder.path().as_os_str())).unwrap();
        assert_eq!(found, BrowserSource::Executable(folder.path().join("chromium-headless-shell")));
    }

    #[test]
    fn none_at_all_says_how_to_get_one() {
        let error = locate(None, Some("/nowhere".as_ref())).unwrap_err().to_string();
        assert!(error.contains("apt install chromium-headless-shell"), "{error}");
        assert!(matches!(locate(Some("/nowhere/chrome"), None), Err(BrowseError::NotThere { .. })));
    }
}
