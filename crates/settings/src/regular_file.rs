use std::{fs, io, path::Path};

/// Reads a whole file, which is none that waits for somebody to write into it.
///
/// # Errors
/// Where it can't be read, or is a pipe, a socket or a device.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    // a folder's own error says what it is
    if kind.is_file() || kind.is_dir() {
        return fs::read(path);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "this is a pipe, a socket or a device; it should be a regular file",
    ))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixListener, path::Path};

    use super::read_regular;

    #[test]
    fn a_file_is_read_and_what_could_block_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_regular(&link).unwrap(), b"text");
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for path in [&*socket, Path::new("/dev/zero")] {
            let refused = read_regular(path).unwrap_err().to_string();
            assert!(refused.contains("a regular file"), "{refused}");
        }
        assert!(read_regular(&folder.path().join("none")).is_err());
    }
}
