use std::sync::Arc;

use crate::{nearest::shown, project::ServedProject};

/// Which project a request is about, as far as its head tells. What comes of it if that is none is said by
/// [`Projects::project`](super::Projects::project), and not before the caller is known.
#[derive(Clone, Debug)]
pub enum Addressed {
    /// One that is served.
    Served(Arc<ServedProject>),
    /// One that isn't, by its name, cut where it is too long to be shown.
    Unknown(Arc<str>),
    /// None, where there are several and no default.
    Unnamed,
    /// The header is there twice.
    Twice,
    /// Path and header differ.
    Contradictory,
}

impl Addressed {
    pub(super) fn unknown(name: &[u8]) -> Self {
        Self::Unknown(Arc::from(&*shown(&String::from_utf8_lossy(name))))
    }

    /// The project, where one is served.
    #[must_use]
    pub fn served(&self) -> Option<&Arc<ServedProject>> {
        match self {
            Self::Served(project) => Some(project),
            _ => None,
        }
    }
}

/// `%41` as `A`. A `%` that begins no code stands for itself.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, code(after)) {
            (b'%', Some(code)) => {
                decoded.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    decoded
}

fn code(after: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn codes_are_bytes_and_everything_else_is_itself() {
        assert_eq!(decoded("a%2Db%2db"), b"a-b-b");
        assert_eq!(decoded("%"), b"%");
        assert_eq!(decoded("%2"), b"%2");
        assert_eq!(decoded("%zz%C3%A9"), "%zzé".as_bytes());
        assert_eq!(decoded(""), b"");
    }
}
