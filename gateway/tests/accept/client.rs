use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::server::within;

pub(crate) const HELLO: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
pub(crate) const SLOW: &str = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";

/// A client that sees every byte.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(within(TcpStream::connect(address)).await.unwrap())
    }

    pub(crate) async fn send(&mut self, text: &str) {
        within(self.0.write_all(text.as_bytes())).await.unwrap();
    }

    /// Sends nothing more, and waits for what comes.
    pub(crate) async fn close_its_side(&mut self) {
        within(self.0.shutdown()).await.unwrap();
    }

    /// One reply: its head and a body of its `content-length`.
    pub(crate) async fn reply(&mut self) -> String {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            let byte = within(self.0.read_u8()).await.unwrap();
            text.push(char::from(byte));
        }
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        within(self.0.read_exact(&mut body)).await.unwrap();
        text.push_str(&String::from_utf8(body).unwrap());
        text
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let _ = within(self.0.read_to_end(&mut bytes)).await;
        String::from_utf8(bytes).unwrap()
    }

    pub(crate) async fn get(&mut self, request: &str) -> String {
        self.send(request).await;
        self.reply().await
    }
}

/// Whether something listens there.
pub(crate) async fn is_listening(address: SocketAddr) -> bool {
    TcpStream::connect(address).await.is_ok()
}
