//! HTTP as a client of the gateway speaks it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use reqwest::{
    Method,
    blocking::{Client, Response},
};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {} {}", self.status, self.text()))
    }

    /// The JSON of an answer with status 200.
    ///
    /// # Panics
    /// When the status is another.
    #[must_use]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The `detail` of an error: a JSON object with `detail`, `code` and `request_id`, the last also
    /// in the header `x-request-id`.
    ///
    /// # Panics
    /// When status or code are others, or the object isn't whole.
    #[must_use]
    pub fn error(&self, status: u16, code: &str) -> String {
        let body = self.text();
        assert_eq!(self.status, status, "{body}");
        let error = self.json();
        assert_eq!(error["code"], code, "{body}");
        assert_eq!(
            error["request_id"].as_str(),
            self.header("x-request-id"),
            "{body}"
        );
        let detail = error["detail"].as_str();
        detail
            .unwrap_or_else(|| panic!("no `detail`: {body}"))
            .to_owned()
    }

    fn read(response: Response) -> reqwest::Result<Self> {
        let headers = response.headers().iter();
        Ok(Self {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            body: response.bytes()?.to_vec(),
        })
    }
}

/// Sends a request on a connection of its own.
///
/// # Errors
/// When there is no answer (nobody listens, the connection was cut).
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> reqwest::Result<Reply> {
    let method = Method::from_bytes(method.as_bytes()).expect("methods in tests are valid");
    let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let mut request = client.request(method, url).body(body.into());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::read(request.send()?)
}

/// Sends bytes as they are, and returns what comes back until the other side closes.
///
/// # Panics
/// When nobody listens.
#[must_use]
pub(crate) fn send_raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("the gateway listens");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a timeout above zero");
    // The other side may answer and close before all is sent: the answer is what counts.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
