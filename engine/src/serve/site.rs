use bytes::Bytes;
use include_dir::Dir;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::AtomicU32;

/// The port that example files name; the real one is put in its place.
pub const EXAMPLE_PORT: u16 = 8790;

/// A `site.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct SiteFault {
    file: String,
    reason: String,
}

/// One web site: its files and what its addresses do.
#[derive(Debug)]
pub struct Site {
    /// Where it is served; in 127.0.0.0/8.
    pub address: Ipv4Addr,
    /// What it is.
    pub name: String,
    pub(super) routes: BTreeMap<String, Route>,
    pub(super) login: Option<Login>,
    files: BTreeMap<String, Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    address: Ipv4Addr,
    name: String,
    #[serde(default)]
    routes: BTreeMap<String, Route>,
    login: Option<Login>,
}

/// What an address does where it does not just give the file of its name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Route {
    pub(super) file: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) delay_ms: u64,
    pub(super) content_type: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) redirect: Option<String>,
    pub(super) behaviour: Option<Behaviour>,
    pub(super) requires_cookie: Option<RequiredCookie>,
    pub(super) sets_cookie: Option<Cookie>,
    pub(super) flaky: Option<Flaky>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Behaviour {
    NeverFinishes,
    Huge,
    Download,
    RedirectLoop,
    InvalidUtf8,
    Close,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiredCookie {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) else_redirect: String,
}

/// Fails at first. The count is of all visitors since the server started.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flaky {
    pub(super) fail_first: u32,
    pub(super) status: u16,
    #[serde(skip)]
    pub(super) seen: AtomicU32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) path: String,
    pub(super) cookie: Cookie,
    pub(super) redirect: String,
}

impl Site {
    /// Of a folder with a `site.json`, with `port` in the place of [`EXAMPLE_PORT`] in its text files.
    ///
    /// # Errors
    /// When there is no `site.json`, or it makes no sense.
    pub fn of_folder(folder: &'static Dir<'static>, port: u16) -> Result<Self, SiteFault> {
        let mut files = BTreeMap::new();
        collect(folder, folder, port, &mut files);
        Self::new(&folder.path().display().to_string(), files)
    }

    /// Of files by name, one of them `site.json`.
    ///
    /// # Errors
    /// When there is no `site.json`, or it makes no sense.
    pub fn new(folder: &str, mut files: BTreeMap<String, Bytes>) -> Result<Self, SiteFault> {
        let fault = |reason: String| SiteFault { file: format!("{folder}/site.json"), reason };
        let json = files.remove("site.json").ok_or_else(|| fault("there is no such file; a site needs one".into()))?;
        let file: SiteFile = serde_json::from_slice(&json).map_err(|error| fault(error.to_string()))?;
        if !file.address.is_loopback() {
            return Err(fault(format!("address {} is not on loopback; take one in 127.0.0.0/8", file.address)));
        }
        let named = file.routes.values().filter_map(|route| route.file.as_ref());
        if let Some(missing) = named.clone().find(|name| !files.contains_key(*name)) {
            return Err(fault(format!("a route names the file {missing}, which is not there")));
        }
        Ok(Self { address: file.address, name: file.name, routes: file.routes, login: file.login, files })
    }

    /// The route of an address: by path and query first, then by path.
    pub(super) fn route(&self, path: &str, query: Option<&str>) -> Option<&Route> {
        let exact = query.and_then(|query| self.routes.get(&format!("{path}?{query}")));
        exact.or_else(|| self.routes.get(path))
    }

    /// The file for a path without a route: itself, with `.html`, or the folder's `index.html`.
    pub(super) fn file_at(&self, path: &str) -> Option<(&str, &Bytes)> {
        let path = path.trim_start_matches('/');
        let folder = path.trim_end_matches('/');
        let index = if folder.is_empty() { "index.html".to_owned() } else { format!("{folder}/index.html") };
        [path.to_owned(), format!("{path}.html"), index].iter().find_map(|name| self.file(name))
    }

    pub(super) fn file(&self, name: &str) -> Option<(&str, &Bytes)> {
        self.files.get_key_value(name).map(|(name, bytes)| (name.as_str(), bytes))
    }
}

fn collect(root: &Dir<'static>, folder: &'static Dir<'static>, port: u16, files: &mut BTreeMap<String, Bytes>) {
    for file in folder.files() {
        let Ok(name) = file.path().strip_prefix(root.path()) else { continue };
        let bytes = match file.contents_utf8().map(|text| at_port(text, port)) {
            Some(Cow::Owned(text)) => Bytes::from(text),
            _ => Bytes::from_static(file.contents()),
        };
        files.insert(name.to_string_lossy().into_owned(), bytes);
    }
    folder.dirs().for_each(|folder| collect(root, folder, port, files));
}

/// A text of the examples with the real port.
pub(super) fn at_port(text: &str, port: u16) -> Cow<'_, str> {
    let named = format!(":{EXAMPLE_PORT}");
    if port == EXAMPLE_PORT || !text.contains(&named) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(&named, &format!(":{port}")))
}
