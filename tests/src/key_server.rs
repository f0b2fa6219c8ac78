//! A JWK set on the network, whose fetches are counted.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Serves one document at any path of a free port, until the process ends.
#[derive(Debug)]
pub struct KeyServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    answer: Mutex<String>,
    fetches: AtomicUsize,
}

impl KeyServer {
    /// Serves `document` from now on.
    ///
    /// # Panics
    /// When the machine has no free port.
    #[must_use]
    pub fn start(document: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a machine has a free port");
        let address = listener.local_addr().expect("it has just been bound");
        let shared = Arc::new(Shared {
            answer: Mutex::default(),
            fetches: AtomicUsize::default(),
        });
        let server = Self {
            address,
            shared: Arc::clone(&shared),
        };
        server.publish(document);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.answer(&stream);
            }
        });
        server
    }

    /// Serves another document from now on.
    pub fn publish(&self, document: &str) {
        let length = document.len();
        self.answer(&format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}"
        ));
    }

    /// Answers with these bytes from now on.
    ///
    /// # Panics
    /// When a thread of the server has panicked.
    pub fn answer(&self, bytes: &str) {
        let mut answer = self.shared.answer.lock().expect("the server lives");
        bytes.clone_into(&mut answer);
    }

    /// How often the document was fetched.
    #[must_use]
    pub fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }
}

impl Shared {
    fn answer(&self, stream: &TcpStream) {
        let head = BufReader::new(stream).lines().map_while(Result::ok);
        if head.take_while(|line| !line.is_empty()).count() == 0 {
            return;
        }
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().expect("nobody panics with it in hand");
        let mut stream = stream;
        // who has gone away in the meantime needs no answer
        let _ = stream.write_all(answer.as_bytes());
    }
}
