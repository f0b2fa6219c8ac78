use crate::nearest::hint;

/// The registry doesn't have what the ask names, or it can't be served. Every message names the field or
/// object and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The registry says nothing of the project.
    #[error("the registry has no project `{project}` yet; apply its definitions first")]
    NoProject {
        /// The project's name.
        project: String,
    },
    /// The permit is for something else.
    #[error("the ask names something that is not permitted")]
    NotPermitted,
    /// There is no such feature service.
    #[error("`feature_service`: there is no feature service `{service}`{}", hint(nearest.as_deref()))]
    UnknownService {
        /// As it was asked for.
        service: String,
        /// The service that was perhaps meant.
        nearest: Option<String>,
    },
    /// There is no such view.
    #[error("`features`: there is no feature view `{view}`{}", hint(nearest.as_deref()))]
    UnknownView {
        /// As it was asked for.
        view: String,
        /// The view that was perhaps meant.
        nearest: Option<String>,
    },
    /// The view has no such feature.
    #[error(
        "`features`: feature view `{view}` has no feature `{feature}`{}",
        hint(nearest.as_deref())
    )]
    UnknownFeature {
        /// The view.
        view: String,
        /// As it was asked for.
        feature: String,
        /// The feature that was perhaps meant.
        nearest: Option<String>,
    },
    /// The view has no such version.
    #[error("`features`: feature view `{view}` has no version v{version}; its newest is v{newest}")]
    UnknownVersion {
        /// The view.
        view: String,
        /// As it was asked for.
        version: u32,
        /// The newest there is.
        newest: u32,
    },
    /// An item of `features` is no reference.
    #[error(
        "`features`: `{reference}` is no feature reference; write `<feature_view>:<feature>` or \
         `<feature_view>@v<number>:<feature>`"
    )]
    BadReference {
        /// As it was given.
        reference: String,
    },
    /// A version is asked for where versions aren't stored apart.
    #[error(
        "`{view}@v{version}` asks for a version, and versions aren't stored apart here; leave `@v{version}` out, \
         or set `enable_online_feature_view_versioning: true` under `registry` in feature_store.yaml"
    )]
    VersioningDisabled {
        /// The view.
        view: String,
        /// As it was asked for.
        version: u32,
    },
    /// Two features would have one name in the reply.
    #[error(
        "`{first}` and `{second}` are both told as `{name}`{}",
        if *full { "; ask for each feature once" } else { "; set `full_feature_names` to true, or ask for one of them" }
    )]
    Collision {
        /// The name that both have.
        name: String,
        /// The one that comes first.
        first: String,
        /// The other.
        second: String,
        /// Whether full names were asked for already.
        full: bool,
    },
    /// The view is switched off in the registry.
    #[error(
        "feature view `{view}` is disabled; enable it (`feast feature-views enable {view}`) or ask without it"
    )]
    Disabled {
        /// The view.
        view: String,
    },
    /// Nothing is there to compute an on-demand view with.
    #[error(
        "on-demand feature view `{view}` can't be computed: no transformation is bound to it; ask without it"
    )]
    TransformUnavailable {
        /// The view.
        view: String,
    },
    /// What computes the view isn't there yet.
    #[error(
        "the plugin of on-demand feature view `{view}` is not ready: {reason} (`GET /ready` tells more)"
    )]
    PluginNotReady {
        /// The view.
        view: String,
        /// Why, for clients.
        reason: &'static str,
    },
    /// What computes the view is from before the feature was declared.
    #[error(
        "feature `{view}:{feature}` is not ready: the plugin that computes it is being loaded, and the one before it does \
         not know the feature"
    )]
    FeatureNotReady {
        /// The view.
        view: String,
        /// The feature.
        feature: String,
    },
    /// A view that an on-demand view is computed from is gone.
    #[error(
        "feature view `{view}`, which an on-demand feature view is computed from, is not in the registry"
    )]
    MissingSource {
        /// The view that is missing.
        view: String,
    },
    /// On-demand views are computed from each other, or too many of them one from the other.
    #[error(
        "on-demand feature view `{view}` is computed from itself, or from more views than can follow one another"
    )]
    TransformCycle {
        /// One of the views.
        view: String,
    },
    /// `entities` lacks request data.
    #[error(
        "`entities` lacks `{field}`, from which on-demand feature view `{view}` is computed; give one value for each entity"
    )]
    MissingRequestData {
        /// The view.
        view: String,
        /// The field.
        field: String,
    },
    /// A key of `entities` means nothing in this project.
    #[error(
        "`entities.{field}` is neither a join key nor request data of this project{}",
        expected(nearest.as_deref(), needed)
    )]
    UnknownField {
        /// As it was given.
        field: String,
        /// The field that was perhaps meant.
        nearest: Option<String>,
        /// The join keys that the request needs.
        needed: Vec<String>,
    },
    /// `entities` lacks a join key.
    #[error(
        "`entities` lacks {}; feature view `{view}` is looked up by {}",
        listed(missing),
        listed(needed)
    )]
    MissingJoinKeys {
        /// The view.
        view: String,
        /// What is missing.
        missing: Vec<String>,
        /// All that the view needs.
        needed: Vec<String>,
    },
    /// A join key is given under its own name and under its entity's.
    #[error("`entities.{first}` and `entities.{second}` both give join key `{join_key}`; give one")]
    JoinKeyTwice {
        /// The join key.
        join_key: String,
        /// The field that comes first.
        first: String,
        /// The other.
        second: String,
    },
    /// The registry declares a join key of a type that no entity key can have.
    #[error(
        "feature view `{view}` can't be looked up: its join key `{join_key}` is declared as {data_type}; entity keys \
         are Int64, Int32, String, Bytes or UnixTimestamp"
    )]
    UnsupportedKeyType {
        /// The view.
        view: String,
        /// The join key.
        join_key: String,
        /// Its declared type.
        data_type: String,
    },
}

fn expected(nearest: Option<&str>, needed: &[String]) -> String {
    match nearest {
        Some(_) => hint(nearest),
        None if needed.is_empty() => String::new(),
        None => format!("; this request needs {}", listed(needed)),
    }
}

/// `a`, `b` and `c`
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}
