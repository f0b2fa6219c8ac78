use registry_store::RegistryView;

/// What is new about a registry, as the log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Another version is served from now on.
    Version,
    /// It could not be read before.
    Readable,
}

impl News {
    /// What happened between two looks.
    pub(super) fn between(before: &RegistryView, now: &RegistryView) -> Vec<Self> {
        if now.last_error.is_some() || now.snapshot.is_none() {
            return Vec::new();
        }
        let is_readable_again = before.last_error.is_some();
        let is_another = before.snapshot.is_none() || before.version != now.version;
        let all = [
            (is_readable_again, Self::Readable),
            (is_another, Self::Version),
        ];
        let happened = all.into_iter().filter(|(happened, _)| *happened);
        happened.map(|(_, news)| news).collect()
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Version => "a new version of the registry is served",
            Self::Readable => "the registry can be read again",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use feature_model::RegistrySnapshot;
    use registry_store::Version;

    use super::*;

    fn absent() -> RegistryView {
        RegistryView {
            snapshot: None,
            version: Version::empty(),
            loaded_at: None,
            last_error: Some("away".into()),
        }
    }

    fn loaded(version: Version) -> RegistryView {
        RegistryView {
            snapshot: Some(Arc::new(RegistrySnapshot::default())),
            version,
            last_error: None,
            ..absent()
        }
    }

    #[test]
    fn a_registry_that_comes_late_is_readable_and_a_new_version() {
        let now = loaded(Version::empty());
        assert_eq!(
            News::between(&absent(), &now),
            [News::Readable, News::Version]
        );
    }

    #[test]
    fn a_registry_that_fails_for_a_while_is_readable_again() {
        let before = loaded(Version::empty());
        let failing = RegistryView {
            last_error: Some("truncated".into()),
            ..before.clone()
        };
        assert_eq!(News::between(&before, &failing), []);
        assert_eq!(News::between(&failing, &before), [News::Readable]);
    }

    #[test]
    fn another_version_is_news_and_the_same_is_not() {
        let before = loaded(Version::empty());
        assert_eq!(News::between(&before, &before.clone()), []);
        let other = r#"{"version_id": "other", "sha256": "0123456789abcdef"}"#;
        let now = loaded(serde_json::from_str(other).unwrap());
        assert_eq!(News::between(&before, &now), [News::Version]);
    }
}
