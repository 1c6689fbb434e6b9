use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// Listens on every address of this machine, at one port of TCP and UDP, and keeps what comes.
pub(crate) struct Canary {
    pub(crate) port: u16,
    heard: Arc<Mutex<Heard>>,
    _tasks: JoinSet<()>,
}

/// What reached a canary.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) connections: usize,
    pub(crate) datagrams: usize,
    /// First lines of what was said: requests with their paths.
    pub(crate) lines: BTreeSet<String>,
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\
    Content-Length: 32\r\n\r\n<p class=done>a canary sings</p>";

impl Canary {
    pub(crate) async fn start() -> Self {
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind("[::]:0").await.unwrap();
            let address: SocketAddr = tcp.local_addr().unwrap();
            if let Ok(udp) = UdpSocket::bind(address).await {
                break (tcp, udp);
            }
        };
        let port = tcp.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(tcp, heard.clone()));
        let told = heard.clone();
        tasks.spawn(async move {
            let mut buffer = [0; 2048];
            while udp.recv_from(&mut buffer).await.is_ok() {
                told.lock().unwrap().datagrams += 1;
            }
        });
        Self { port, heard, _tasks: tasks }
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }
}

async fn listen(listener: TcpListener, heard: Arc<Mutex<Heard>>) {
    let mut connections = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        heard.lock().unwrap().connections += 1;
        let heard = heard.clone();
        connections.spawn(async move {
            let mut said = Vec::new();
            while !said.windows(2).any(|end| end == b"\r\n") && stream.read_buf(&mut said).await.is_ok_and(|n| n > 0) {}
            let line = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
            heard.lock().unwrap().lines.insert(line);
            let _ = stream.write_all(ANSWER.as_bytes()).await;
            let _ = stream.shutdown().await;
        });
    }
}
