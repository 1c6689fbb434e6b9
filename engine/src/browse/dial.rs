use super::faults::Fault;
use super::{AddressGuard, GuardError};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A host that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(20);
/// The next address of a host is tried beside the one before after this long (RFC 8305).
const STAGGER: Duration = Duration::from_millis(250);

/// Bytes to and from sites.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
}

/// Connects to a host at an address that the guard has judged.
pub(super) async fn dial(
    guard: &AddressGuard,
    host: &str,
    port: u16,
    traffic: &Arc<Traffic>,
) -> Result<Counted, Fault> {
    let work = async {
        let addresses = guard.resolve(host, port).await.map_err(Fault::Guard)?;
        connect(addresses).await.map_err(|error| Fault::Network(name(&error), error.to_string()))
    };
    let timed_out = |_| Fault::Network("ERR_CONNECTION_TIMED_OUT", format!("{host}:{port} does not answer"));
    let stream = tokio::time::timeout(PATIENCE, work).await.map_err(timed_out)??;
    // Whatever the system says, small requests are not held back.
    let _ = stream.set_nodelay(true);
    Ok(Counted { stream, traffic: traffic.clone() })
}

async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut left = addresses.into_iter();
    let mut tried = FuturesUnordered::new();
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let more = left.len() > 0;
        if tried.is_empty() {
            let Some(next) = left.next() else { return Err(failed) };
            tried.push(TcpStream::connect(next));
        }
        tokio::select! {
            Some(connected) = tried.next() => match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            },
            () = tokio::time::sleep(STAGGER), if more => tried.extend(left.next().map(TcpStream::connect)),
        }
    }
}

/// The browser's word for it.
fn name(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "ERR_CONNECTION_REFUSED",
        io::ErrorKind::TimedOut => "ERR_CONNECTION_TIMED_OUT",
        io::ErrorKind::ConnectionReset => "ERR_CONNECTION_RESET",
        _ => "ERR_ADDRESS_UNREACHABLE",
    }
}

impl Fault {
    /// The guard forbids it, whatever the network would say.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Guard(GuardError::Address { .. } | GuardError::Scheme { .. } | GuardError::Redirect))
    }
}

/// A connection whose bytes are counted.
#[derive(Debug)]
pub(super) struct Counted {
    stream: TcpStream,
    traffic: Arc<Traffic>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.traffic.received.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.count(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.count(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Counted {
    fn count(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(count)) = written {
            self.traffic.sent.fetch_add(*count as u64, Ordering::Relaxed);
        }
    }
}
