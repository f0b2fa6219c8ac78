//! A certificate authority for one test, made with the `openssl` command.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A certificate and its key, both PEM files.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// An authority, a server it vouches for as `localhost` and `127.0.0.1`, and a client.
#[derive(Debug)]
pub struct Certificates {
    /// The authority's own certificate: what clients trust.
    pub authority: PathBuf,
    /// For the server.
    pub server: Pair,
    /// For a client that has to show one.
    pub client: Pair,
}

impl Certificates {
    /// Makes all of them in `folder`.
    ///
    /// # Panics
    /// When there is no `openssl`, or it fails.
    #[must_use]
    pub fn make(folder: &Path) -> Self {
        let authority = folder.join("ca.pem");
        let key = folder.join("ca.key");
        openssl(&[
            "req".as_ref(),
            "-x509".as_ref(),
            "-newkey".as_ref(),
            "ec".as_ref(),
            "-pkeyopt".as_ref(),
            "ec_paramgen_curve:prime256v1".as_ref(),
            "-nodes".as_ref(),
            "-days".as_ref(),
            "2".as_ref(),
            "-subj".as_ref(),
            "/CN=Salver test authority".as_ref(),
            "-keyout".as_ref(),
            key.as_ref(),
            "-out".as_ref(),
            authority.as_ref(),
        ]);
        Self {
            server: pair(folder, "server"),
            client: pair(folder, "client"),
            authority,
        }
    }
}

fn pair(folder: &Path, name: &str) -> Pair {
    let pair = Pair {
        certificate: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
    };
    let request = folder.join(format!("{name}.csr"));
    let extensions = folder.join(format!("{name}.ext"));
    let usage = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n";
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
    fs::write(&extensions, format!("{usage}{names}")).expect("the folder is writable");
    openssl(&[
        "req".as_ref(),
        "-newkey".as_ref(),
        "ec".as_ref(),
        "-pkeyopt".as_ref(),
        "ec_paramgen_curve:prime256v1".as_ref(),
        "-nodes".as_ref(),
        "-subj".as_ref(),
        format!("/CN={name}").as_ref(),
        "-keyout".as_ref(),
        pair.key.as_ref(),
        "-out".as_ref(),
        request.as_ref(),
    ]);
    openssl(&[
        "x509".as_ref(),
        "-req".as_ref(),
        "-days".as_ref(),
        "2".as_ref(),
        "-CA".as_ref(),
        folder.join("ca.pem").as_ref(),
        "-CAkey".as_ref(),
        folder.join("ca.key").as_ref(),
        "-CAcreateserial".as_ref(),
        "-extfile".as_ref(),
        extensions.as_ref(),
        "-in".as_ref(),
        request.as_ref(),
        "-out".as_ref(),
        pair.certificate.as_ref(),
    ]);
    pair
}

fn openssl(args: &[&OsStr]) {
    let out = Command::new("openssl").args(args).output();
    let out = out.unwrap_or_else(|error| panic!("`openssl` can't be run ({error}); install it"));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "openssl {args:?}: {said}");
}
