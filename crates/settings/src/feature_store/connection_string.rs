//! Feast's `connection_string`: nodes and keyword arguments of redis-py, separated by commas.
//!
//! As in `feast/infra/online_stores/redis.py` of Feast 0.67: a piece without `=` is a node `host:port`; a piece
//! with `=` is a keyword argument whose value is JSON where it parses as such, else the text itself. No
//! message repeats a value: it may be (a part of) a password.

mod arguments;

use std::path::Path;

use arguments::Arguments;

use crate::{
    Problem, Problems, ReadFrom, RedisStore, Secret, Tls, Topology, nearest::did_you_mean,
    yaml::Mark,
};

/// Arguments of redis-py 7 that change nothing for Salver, which has its own way there.
const WITHOUT_EFFECT: &[&str] = &[
    "auto_close_connection_pool",
    "cache",
    "cache_config",
    "client_name",
    "connection_pool",
    "credential_provider",
    "decode_responses",
    "driver_info",
    "encoding",
    "encoding_errors",
    "event_dispatcher",
    "health_check_interval",
    "lib_name",
    "lib_version",
    "maint_notifications_config",
    "max_connections",
    "protocol",
    "redis_connect_func",
    "retry",
    "retry_on_error",
    "retry_on_timeout",
    "single_connection_client",
    "skip_full_coverage_check",
    "socket_keepalive",
    "socket_keepalive_options",
    "ssl_ciphers",
    "ssl_exclude_verify_flags",
    "ssl_include_verify_flags",
    "ssl_min_version",
];

/// Arguments that would lead elsewhere, or promise less safety than was asked for, were they passed over.
const REFUSED: &[(&str, &str)] = &[
    (
        "ssl_ca_data",
        "write the certificates to a file and name it in `ssl_ca_certs`",
    ),
    (
        "ssl_ca_path",
        "put the certificates into one file and name it in `ssl_ca_certs`",
    ),
    (
        "ssl_ocsp_context",
        "Salver does not ask OCSP responders; leave it away",
    ),
    (
        "ssl_ocsp_expected_cert",
        "Salver does not ask OCSP responders; leave it away",
    ),
    (
        "ssl_password",
        "Salver reads keys without a passphrase only",
    ),
    (
        "ssl_validate_ocsp",
        "Salver does not ask OCSP responders; leave it away",
    ),
    (
        "ssl_validate_ocsp_stapled",
        "Salver does not ask OCSP responders; leave it away",
    ),
    ("unix_socket_path", "Salver connects over TCP only"),
];

const USED: &[&str] = &[
    "db",
    "password",
    "socket_connect_timeout",
    "socket_timeout",
    "ssl",
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "username",
];

/// Takes a connection string apart; relative certificate paths begin in `repo`. What is wrong goes to
/// `problems`; where one of them is an error, the result is not to be used.
pub(super) fn parse(text: &str, repo: &Path, mark: &Mark, problems: &mut Problems) -> RedisStore {
    let mut found = Findings { mark, problems };
    if text.contains("://") {
        found
            .error("a URL is not understood; write `host:port,username=...,password=...,ssl=true`");
    }
    let mut nodes = Vec::new();
    let mut arguments = Arguments::default();
    for (index, piece) in text
        .split(',')
        .enumerate()
        .filter(|(_, piece)| !piece.is_empty())
    {
        match piece.split_once('=') {
            Some((name, value)) => found.argument(&mut arguments, name, value),
            None => nodes.extend(found.node(piece, index, !arguments.is_empty())),
        }
    }
    if text
        .split(',')
        .all(|piece| piece.is_empty() || piece.contains('='))
    {
        found.error("it begins with `host:port`, such as `localhost:6379`");
    }
    let tls = tls(&mut arguments, repo, &mut found);
    RedisStore {
        nodes,
        topology: Topology::Standalone,
        read_from: ReadFrom::Master,
        tls,
        username: arguments
            .text("username", &mut found)
            .filter(|name| !name.is_empty()),
        password: arguments
            .text("password", &mut found)
            .filter(|word| !word.is_empty())
            .map(Secret::new),
        db: arguments.database(&mut found),
        key_ttl_seconds: None,
        socket_timeout: arguments.seconds("socket_timeout", &mut found),
        socket_connect_timeout: arguments.seconds("socket_connect_timeout", &mut found),
    }
}

fn tls(arguments: &mut Arguments, repo: &Path, found: &mut Findings<'_>) -> Option<Tls> {
    let wanted = arguments.bool("ssl", found).unwrap_or(false);
    let verify = arguments.certificate_required(found);
    let check_hostname = arguments.bool("ssl_check_hostname", found).unwrap_or(true) && verify;
    let mut path = |name| arguments.text(name, found).map(|path| repo.join(path));
    let (ca_certs, cert_file, key_file) = (
        path("ssl_ca_certs"),
        path("ssl_certfile"),
        path("ssl_keyfile"),
    );
    if key_file.is_some() && cert_file.is_none() {
        found.error("`ssl_keyfile` needs `ssl_certfile`, the certificate of that key");
    }
    if !wanted {
        if let Some(name) = arguments.given("ssl_") {
            found.warning(&format!("`{name}` does nothing without `ssl=true`"));
        }
        return None;
    }
    Some(Tls {
        ca_certs,
        // As in Python, one file may hold both.
        key_file: key_file.or_else(|| cert_file.clone()),
        cert_file,
        verify,
        check_hostname,
    })
}

/// Where problems of one connection string go.
struct Findings<'f> {
    mark: &'f Mark,
    problems: &'f mut Problems,
}

impl Findings<'_> {
    fn error(&mut self, message: &str) {
        self.add(Mark::error, message);
    }

    fn warning(&mut self, message: &str) {
        self.add(Mark::warning, message);
    }

    fn add(&mut self, problem: fn(&Mark, String) -> Problem, message: &str) {
        let message = format!("`connection_string`: {message}");
        self.problems.push(problem(self.mark, message));
    }

    fn node(&mut self, piece: &str, index: usize, after_arguments: bool) -> Option<(String, u16)> {
        let piece = piece.trim();
        let place = format!("piece {}", index + 1);
        if piece.starts_with('[') || piece.matches(':').count() > 1 {
            self.error(&format!("{place} is neither `host:port` nor `key=value`; an IPv6 address or a URL is not understood, write a host name"));
            return None;
        }
        let node = piece.split_once(':').and_then(|(host, port)| {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
            (!host.is_empty()).then(|| (host.to_owned(), port))
        });
        if node.is_none() {
            let comma = if after_arguments {
                " (a value cannot contain a comma)"
            } else {
                ""
            };
            self.error(&format!(
                "{place} is neither `host:port` nor `key=value`{comma}"
            ));
        }
        node
    }

    fn argument(&mut self, arguments: &mut Arguments, name: &str, value: &str) {
        if let Some((_, advice)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return self.error(&format!("`{name}` is not supported: {advice}"));
        }
        if WITHOUT_EFFECT.contains(&name) {
            return self.warning(&format!("`{name}` is for Feast; Salver does not use it"));
        }
        if !USED.contains(&name) {
            let hint = did_you_mean(name, USED.iter().chain(WITHOUT_EFFECT).copied());
            return self.unknown(name, &hint);
        }
        if !arguments.insert(name, value) {
            self.error(&format!("`{name}` is given twice"));
        }
    }

    /// The name of an unknown argument may be a part of a password with a comma, so it is told only where it
    /// looks like a name.
    fn unknown(&mut self, name: &str, hint: &str) {
        let told = if hint.is_empty() {
            "a piece with `=`".to_owned()
        } else {
            format!("`{name}`")
        };
        let known = USED.join("`, `");
        let rest = if hint.is_empty() {
            format!("; they are `{known}`")
        } else {
            hint.to_owned()
        };
        self.error(&format!(
            "{told} is no argument that Feast's Redis client knows{rest}"
        ));
    }
}

#[cfg(test)]
mod tests;
