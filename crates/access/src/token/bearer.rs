/// There is no token in the `Authorization` headers of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// There is no such header.
    #[error("there is no token; send the header `Authorization: Bearer <token>`")]
    Absent,
    /// There are several, and nothing says which one counts.
    #[error("there are several `Authorization` headers; send one")]
    Several,
    /// It is of another scheme, or has nothing behind it.
    #[error("the `Authorization` header holds no bearer token; send `Bearer <token>`")]
    NotBearer,
}

impl NoToken {
    /// The value of `WWW-Authenticate` (RFC 6750, section 3).
    #[must_use]
    pub fn www_authenticate(self) -> &'static str {
        match self {
            // a client that hasn't tried yet gets no error
            Self::Absent => "Bearer",
            Self::Several | Self::NotBearer => "Bearer error=\"invalid_request\"",
        }
    }
}

/// The token in the `Authorization` headers of a request, whose values these are. The scheme's case doesn't count.
///
/// # Errors
/// [`NoToken`] where there is none, or not exactly one.
pub fn bearer_token<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Result<&'h str, NoToken> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(NoToken::Absent)?;
    if headers.next().is_some() {
        return Err(NoToken::Several);
    }
    let text = std::str::from_utf8(header).map_err(|_| NoToken::NotBearer)?;
    let (scheme, token) = text.split_once(' ').ok_or(NoToken::NotBearer)?;
    let token = token.trim_start_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(NoToken::NotBearer);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::{NoToken, bearer_token};

    #[test]
    fn one_bearer_token_is_found() {
        for header in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(bearer_token([header.as_bytes()]), Ok("a.b.c"), "{header}");
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Basic a.b.c",
            "a.b.c",
            "Bearer a b",
            "Bearera.b.c",
        ] {
            assert_eq!(
                bearer_token([header.as_bytes()]),
                Err(NoToken::NotBearer),
                "{header}"
            );
        }
        assert_eq!(bearer_token([&b"Bearer \xff"[..]]), Err(NoToken::NotBearer));
        assert_eq!(bearer_token([]), Err(NoToken::Absent));
        let twice = [&b"Bearer a"[..], b"Bearer a"];
        assert_eq!(bearer_token(twice), Err(NoToken::Several));
    }
}
