//! The first stage: the body of a request, read once into names and entity rows. Nothing is looked up here.
//!
//! The grammar is that of Feast's `GetOnlineFeaturesRequest`: unknown keys beside the known ones are
//! ignored, as Feast ignores them; `metadata` is Salver's own. Other than Feast, a key given twice is refused, flags are `true` or `false`
//! only, and numbers keep their text, so that an integer of any size and a float stay exact until the type of their join key is known.

mod body;
mod features;
mod metadata;
mod repeated;
mod trail;

use std::borrow::Cow;

pub(crate) use body::given;
pub use features::FeatureList;

/// A request: what is wanted, and for which entities.
#[derive(Debug, PartialEq)]
pub struct Ask<'b> {
    /// Everything that decides how the request is answered, but for the values of its entities.
    pub shape: Shape<'b>,
    /// The values of the entities.
    pub rows: EntityRows<'b>,
    /// What the reply tells beside the values. The plan doesn't depend on it.
    pub metadata: Metadata,
}

/// What is wanted beside the values; `None` where the request leaves it to the format of the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// How each value stands.
    pub statuses: Option<bool>,
    /// When each value held.
    pub event_timestamps: Option<bool>,
}

/// The part of a request that repeats from one request to the next: two requests of one shape have one
/// [`ServingPlan`](crate::resolve::ServingPlan).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape<'b> {
    /// Which features.
    pub wanted: Wanted<'b>,
    /// The keys of `entities`, in the order of the body, each once.
    pub columns: Vec<Cow<'b, str>>,
    /// Whether features are told as `view__feature`.
    pub full_feature_names: bool,
    /// Whether the reply tells the version of each view.
    pub include_feature_view_version_metadata: bool,
}

/// Which features a request wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted<'b> {
    /// Those of the feature service of that name.
    Service(Cow<'b, str>),
    /// References, at least one.
    Features(FeatureList<'b>),
}

impl Wanted<'_> {
    /// The references; a service has none.
    #[must_use]
    pub fn references(&self) -> Vec<Cow<'_, str>> {
        match self {
            Self::Service(_) => Vec::new(),
            Self::Features(list) => list.references(),
        }
    }
}

impl Shape<'_> {
    /// The same, without the body it was read from.
    #[must_use]
    pub fn into_owned(self) -> Shape<'static> {
        let owned = |name: Cow<'_, str>| Cow::Owned(name.into_owned());
        Shape {
            wanted: match self.wanted {
                Wanted::Service(name) => Wanted::Service(owned(name)),
                Wanted::Features(list) => Wanted::Features(list.into_owned()),
            },
            columns: self.columns.into_iter().map(owned).collect(),
            full_feature_names: self.full_feature_names,
            include_feature_view_version_metadata: self.include_feature_view_version_metadata,
        }
    }
}

/// The values of `entities`: `columns[i]` are those of [`Shape::columns`]`[i]`.
#[derive(Debug, PartialEq)]
pub struct EntityRows<'b> {
    /// One list for each key, all of `len` values.
    pub columns: Vec<Vec<Given<'b>>>,
    /// How many entities there are: at least one.
    pub len: usize,
}

/// One JSON value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'b> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The text of a number.
    Number(&'b str),
    /// A string without its escapes.
    Text(Cow<'b, str>),
    /// The text of a list or an object.
    Nested(&'b str),
}

/// The body is no request. Every message names the field and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not JSON at all.
    #[error("the body is not valid JSON: {message}")]
    Malformed {
        /// What the parser stumbled over, and where.
        message: String,
    },
    /// JSON of another shape.
    #[error("`{field}`: {message}")]
    WrongType {
        /// Path of the field.
        field: String,
        /// What was found and what was expected.
        message: String,
    },
    /// An object has a key twice, and it isn't clear which one counts.
    #[error("`{field}` is given twice; give each key once")]
    DuplicateKey {
        /// Path of the field.
        field: String,
    },
    /// An object somewhere in a value has a key twice.
    #[error("`{key}` is given twice in one object of `{field}`; give each key once")]
    DuplicateKeyWithin {
        /// Path of the value.
        field: String,
        /// The key.
        key: String,
    },
    /// `metadata` has a key that it can't have.
    #[error("`{field}` is no part of a reply; `metadata` takes `statuses` and `event_timestamps`")]
    UnknownSwitch {
        /// Path of the key.
        field: String,
    },
    /// There is no `entities`.
    #[error(
        "`entities` is missing; give the join keys and their values, such as `{{\"driver_id\": [1001, 1002]}}`"
    )]
    NoEntities,
    /// `entities` is `{}`.
    #[error(
        "`entities` is empty; give at least one list of values, such as `{{\"driver_id\": [1001, 1002]}}`"
    )]
    EmptyEntities,
    /// Neither `features` nor `feature_service`.
    #[error(
        "neither `features` nor `feature_service` is given; give a list such as \
         `[\"driver_hourly_stats:conv_rate\"]`, or the name of a feature service"
    )]
    NothingWanted,
    /// A list of `entities` has no values.
    #[error("`{field}` is an empty list; give one value for each entity")]
    EmptyList {
        /// Path of the field.
        field: String,
    },
    /// Two lists of `entities` differ in length.
    #[error(
        "`{field}` has {len} values and `{other}` has {other_len}; all lists of `entities` must be of equal length"
    )]
    UnequalLengths {
        /// Path of the first list.
        field: String,
        /// Its length.
        len: usize,
        /// Path of the list that differs.
        other: String,
        /// The length of that one.
        other_len: usize,
    },
    /// More entity rows than allowed.
    #[error(
        "`{field}` has {len} values, and at most {max} entities are served at once (`salver.limits.max_entities`); \
         send several requests"
    )]
    TooManyEntities {
        /// Path of the list.
        field: String,
        /// Its length.
        len: usize,
        /// What the configuration allows.
        max: usize,
    },
}

impl<'b> Ask<'b> {
    /// Reads the body of `POST /get-online-features`, whatever its content type says. Memory is bounded by
    /// the length of the body, and further by `max_entities` for each list.
    ///
    /// # Errors
    /// Where it is no request, or has more than `max_entities` entity rows, see [`AskError`].
    pub fn parse(body: &'b [u8], max_entities: usize) -> Result<Self, AskError> {
        Self::parse_knowing(body, max_entities, &|_| false)
    }

    /// The same, and a list of features of which `is_known` says that it was in a request before isn't checked again.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_knowing(
        body: &'b [u8],
        max_entities: usize,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Result<Self, AskError> {
        let text = std::str::from_utf8(body).map_err(|error| AskError::Malformed {
            message: format!("not UTF-8 from byte {}", error.valid_up_to()),
        })?;
        let request = body::read(text, max_entities, is_known)?;
        let rows = check_rows(&request.columns, request.values, max_entities)?;
        let service = request.feature_service.filter(|name| !name.is_empty());
        let wanted = match (service, request.features) {
            (Some(name), _) => Wanted::Service(name),
            (None, Some(features)) if !features.is_empty() => Wanted::Features(features),
            (None, _) => return Err(AskError::NothingWanted),
        };
        Ok(Self {
            shape: Shape {
                wanted,
                columns: request.columns,
                full_feature_names: request.full_feature_names,
                include_feature_view_version_metadata: request
                    .include_feature_view_version_metadata,
            },
            rows,
            metadata: request.metadata,
        })
    }
}

fn check_rows<'b>(
    names: &[Cow<'b, str>],
    lists: Option<Vec<body::Values<'b>>>,
    max_entities: usize,
) -> Result<EntityRows<'b>, AskError> {
    let lists = lists.ok_or(AskError::NoEntities)?;
    let first = lists.first().ok_or(AskError::EmptyEntities)?.len;
    let field = |index: usize| trail::entities_path(names.get(index).map_or("", AsRef::as_ref));
    for (index, list) in lists.iter().enumerate() {
        if list.len == 0 {
            return Err(AskError::EmptyList {
                field: field(index),
            });
        }
        if list.len > max_entities {
            return Err(AskError::TooManyEntities {
                field: field(index),
                len: list.len,
                max: max_entities,
            });
        }
        if list.len != first {
            return Err(AskError::UnequalLengths {
                field: field(0),
                len: first,
                other: field(index),
                other_len: list.len,
            });
        }
    }
    Ok(EntityRows {
        columns: lists.into_iter().map(|list| list.kept).collect(),
        len: first,
    })
}

#[cfg(test)]
mod tests;
