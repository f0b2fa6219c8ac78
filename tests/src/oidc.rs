//! A real OpenID provider: `tests/oidc/provider.mjs`.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{
    invocation::end,
    programs::{oidc_modules, package_dir},
};

/// A running provider. Ended when dropped.
#[derive(Debug)]
pub struct OidcProvider {
    child: Child,
    stdin: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    issuer: String,
}

impl OidcProvider {
    /// Starts one that signs with its first key.
    ///
    /// # Panics
    /// When there is no `node`, or it ends.
    #[must_use]
    pub fn start() -> Self {
        let mut child = Command::new("node")
            .arg(package_dir().join("oidc/provider.mjs"))
            .arg(oidc_modules())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`node` is in PATH; `cargo xtask test` brings everything the tests need");
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let issuer = first.strip_prefix("listening on ");
        let issuer = issuer.expect("the provider listens").to_owned();
        Self {
            child,
            stdin,
            lines,
            issuer,
        }
    }

    /// Its name, and where it is.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `publish`: there is a second key; `sign`: it signs; `drop`: the first one is gone.
    ///
    /// # Panics
    /// When the provider has ended.
    pub fn rotate(&mut self, step: &str) {
        writeln!(self.stdin, "{step}").expect("the provider lives");
        let answer = self.lines.next().and_then(Result::ok);
        assert_eq!(answer.as_deref(), Some(step));
    }

    /// A new access token of the client `model`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn token(&self) -> String {
        let grant = "grant_type=client_credentials&client_id=model&client_secret=secret&resource=urn:gateway&scope=features";
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let url = format!("{}/token", self.issuer);
        let reply = crate::request("POST", &url, &headers, grant).expect("the provider answers");
        let token = reply.ok()["access_token"].as_str().map(str::to_owned);
        token.expect("an access token")
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
