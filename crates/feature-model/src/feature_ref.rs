use std::{fmt, str::FromStr};

/// One wanted feature: `view:feature`, `view@v2:feature` or `view@latest:feature`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FeatureRef {
    view: String,
    version: VersionSelector,
    feature: String,
}

/// Which version of a feature view a reference asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VersionSelector {
    /// The view as the registry holds it (`view:feature` and `view@latest:feature`).
    #[default]
    Latest,
    /// A numbered version (`view@v2:feature`).
    Number(u32),
}

impl FeatureRef {
    /// The feature view's name.
    #[must_use]
    pub fn view(&self) -> &str {
        &self.view
    }

    /// The version that was asked for.
    #[must_use]
    pub fn version(&self) -> VersionSelector {
        self.version
    }

    /// The feature's name within its view.
    #[must_use]
    pub fn feature(&self) -> &str {
        &self.feature
    }
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            VersionSelector::Latest => write!(f, "{}:{}", self.view, self.feature),
            VersionSelector::Number(n) => write!(f, "{}@v{n}:{}", self.view, self.feature),
        }
    }
}

/// The text is no feature reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no feature reference; write `<feature_view>:<feature>`")]
pub struct ParseFeatureRefError {
    text: String,
}

impl FromStr for FeatureRef {
    type Err = ParseFeatureRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseFeatureRefError {
            text: text.to_owned(),
        };
        let (view, feature) = text.split_once(':').ok_or_else(error)?;
        let (view, version) = match view.split_once('@') {
            None => (view, VersionSelector::Latest),
            Some((view, "latest")) => (view, VersionSelector::Latest),
            Some((view, tag)) => {
                let digits = tag
                    .strip_prefix("version")
                    .or_else(|| tag.strip_prefix('v'));
                let number = digits
                    .and_then(|digits| digits.parse().ok())
                    .ok_or_else(error)?;
                (view, VersionSelector::Number(number))
            }
        };
        if view.is_empty() || feature.is_empty() || feature.contains(':') {
            return Err(error());
        }
        Ok(Self {
            view: view.to_owned(),
            version,
            feature: feature.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FeatureRef;

    #[test]
    fn reads_plain_and_versioned_references() {
        for (text, printed) in [
            ("v:f", "v:f"),
            ("v@latest:f", "v:f"),
            ("v@v3:f", "v@v3:f"),
            ("v@version3:f", "v@v3:f"),
        ] {
            assert_eq!(text.parse::<FeatureRef>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "v", ":", "v:", ":f", "v@:f", "v@x:f", "a:b:c", "@v1:f"] {
            assert!(text.parse::<FeatureRef>().is_err(), "{text}");
        }
    }
}
