pub use super::site::EXAMPLE_PORT;
use super::site::at_port;
use super::{ServeError, Site, SiteServer};
use include_dir::{Dir, include_dir};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

static EXAMPLES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../examples");

/// The example campaigns, written to a folder, with their sites served.
#[derive(Debug)]
pub struct Examples {
    /// Folder with `campaigns/` and `datasets/`.
    pub folder: PathBuf,
    /// Address and name of every site.
    pub sites: Vec<(Ipv4Addr, String)>,
    /// Pages in all sites.
    pub pages: usize,
    server: SiteServer,
}

impl Examples {
    /// Writes campaigns and datasets to `folder`, leaving alone what is there already, and serves the sites. Port 0 takes
    /// a free one.
    ///
    /// # Errors
    /// When a file cannot be written or an address not listened on.
    pub async fn start(folder: &Path, port: u16) -> Result<Self, ServeError> {
        let folders: Vec<&'static Dir<'static>> =
            EXAMPLES.get_dir("sites").into_iter().flat_map(|sites| sites.dirs()).collect();
        let sites = load(&folders, port)?;
        let addresses: Vec<Ipv4Addr> = sites.iter().map(|site| site.address).collect();
        let free = SiteServer::free_port(&addresses, port).await?;
        let sites = if free == port { sites } else { load(&folders, free)? };
        for kind in ["campaigns", "datasets"] {
            for file in EXAMPLES.get_dir(kind).into_iter().flat_map(|folder| folder.files()) {
                write(&folder.join(file.path()), file.contents_utf8().unwrap_or_default(), free).await?;
            }
        }
        let named = sites.iter().map(|site| (site.address, site.name.clone())).collect();
        let pages = folders.iter().map(|folder| pages(folder)).sum();
        let server = SiteServer::start(sites, free).await?;
        Ok(Self { folder: folder.to_owned(), sites: named, pages, server })
    }

    /// The port of every site.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The file of an example campaign.
    #[must_use]
    pub fn campaign_file(&self, campaign: &str) -> PathBuf {
        self.folder.join("campaigns").join(format!("{campaign}.yaml"))
    }

    /// Names of the example campaigns, in order.
    #[must_use]
    pub fn campaigns() -> Vec<&'static str> {
        let files = EXAMPLES.get_dir("campaigns").into_iter().flat_map(|folder| folder.files());
        let mut names: Vec<&str> = files.filter_map(|file| file.path().file_stem()?.to_str()).collect();
        names.sort_unstable();
        names
    }
}

fn load(folders: &[&'static Dir<'static>], port: u16) -> Result<Vec<Site>, ServeError> {
    folders.iter().map(|folder| Ok(Site::of_folder(folder, port)?)).collect()
}

fn pages(folder: &Dir<'_>) -> usize {
    let own = folder.files().filter(|file| file.path().extension().is_some_and(|end| end == "html")).count();
    own + folder.dirs().map(pages).sum::<usize>()
}

async fn write(path: &Path, text: &str, port: u16) -> Result<(), ServeError> {
    let failed = |reason| ServeError::Write { path: path.to_owned(), reason };
    // Whoever edited an example wants to see what that does, and not to lose it.
    if tokio::fs::try_exists(path).await.map_err(failed)? {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    }
    tokio::fs::write(path, at_port(text, port).as_bytes()).await.map_err(failed)
}
