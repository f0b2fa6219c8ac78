//! What a definition file may hold.

mod access;
mod plugins;

use settings::shape::{Key, Kind, Shape, Variants};

use access::{PERMISSION, ROLE_BINDING};
use plugins::{PLUGIN, PLUGIN_BINDING};

/// One file below `features/`.
pub static DEFINITION_FILE: Shape = Shape {
    name: "a definition file",
    doc: "Definitions of features. Any number of files below `features/` make one project together.",
    keys: &[
        Key::new(
            "entities",
            Kind::List(&Kind::Mapping(&ENTITY)),
            "What features are about.",
        ),
        Key::new(
            "data_sources",
            Kind::List(&Kind::Variants(&Variants {
                name: "a data source",
                default: None,
                shapes: &[
                    ("file", &FILE_SOURCE),
                    ("push", &PUSH_SOURCE),
                    ("request", &REQUEST_SOURCE),
                ],
            })),
            "Where feature data comes from.",
        ),
        Key::new(
            "feature_views",
            Kind::List(&Kind::Mapping(&FEATURE_VIEW)),
            "Features that are stored together.",
        ),
        Key::new(
            "on_demand_feature_views",
            Kind::List(&Kind::Mapping(&ON_DEMAND_FEATURE_VIEW)),
            "Features that are computed for each request.",
        ),
        Key::new(
            "feature_services",
            Kind::List(&Kind::Mapping(&FEATURE_SERVICE)),
            "What each model reads.",
        ),
        Key::new(
            "plugin_bindings",
            Kind::List(&Kind::Mapping(&PLUGIN_BINDING)),
            "Plugins of on-demand feature views that Feast manages.",
        ),
        Key::new(
            "role_bindings",
            Kind::List(&Kind::Mapping(&ROLE_BINDING)),
            "Who has which role in the project.",
        ),
        Key::new(
            "permissions",
            Kind::List(&Kind::Mapping(&PERMISSION)),
            "Access rules of Feast's.",
        ),
    ],
};

const DESCRIPTION: Key = Key::new("description", Kind::Text, "For people.");
const TAGS: Key = Key::new("tags", Kind::TextMap, "Free-form labels.");
const OWNER: Key = Key::new("owner", Kind::Text, "Whom to ask, usually a mail address.");

static ENTITY: Shape = Shape {
    name: "an entity",
    doc: "A thing that features describe, such as a driver.",
    keys: &[
        Key::new(
            "name",
            Kind::Name,
            "Its name, by which feature views refer to it.",
        )
        .required(),
        Key::new(
            "join_key",
            Kind::Text,
            "The column in the data, and the field in a request, that identifies one.",
        )
        .default("the entity's name"),
        Key::new(
            "value_type",
            Kind::DataType,
            "Type of the join key: `String`, `Int32`, `Int64`, `Bytes` or `UnixTimestamp`. Each view that uses the entity \
             must tell it in its `schema` where it is not told here.",
        ),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static FIELD: Shape = Shape {
    name: "a field",
    doc: "A name and its type.",
    keys: &[
        Key::new("name", Kind::Text, "Its name.").required(),
        Key::new(
            "type",
            Kind::DataType,
            "Its type, by Feast's names: `Int64`, `Float32`, `String` or `Array(Float32)`",
        )
        .required(),
        DESCRIPTION,
        TAGS,
    ],
};

const FIELDS: Kind = Kind::List(&Kind::Mapping(&FIELD));

static FILE_SOURCE: Shape = Shape {
    name: "a file source",
    doc: "Files of one layout that `registry-admin materialize` reads.",
    keys: &[
        Key::new("type", Kind::OneOf(&["file"]), "`file`.").required(),
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new(
            "path",
            Kind::Text,
            "A file, a folder, or a pattern such as `stats/*.parquet`: relative to the feature repository, absolute, or an \
             object-store URL.",
        )
        .required(),
        Key::new("format", Kind::OneOf(&["parquet", "csv"]), "How the files are written.")
            .default("`csv` where `path` ends in `.csv`, else `parquet`"),
        Key::new(
            "timestamp_field",
            Kind::Text,
            "The column that says when a row became true.",
        )
        .required(),
        Key::new(
            "created_timestamp_column",
            Kind::Text,
            "The column that says when a row was written: it decides between rows of equal event time.",
        ),
        Key::new(
            "field_mapping",
            Kind::TextMap,
            "Names of columns, and what the definitions call them.",
        ),
        Key::new(
            "s3_endpoint_override",
            Kind::Text,
            "Endpoint for `s3://` paths that are not Amazon's.",
        ),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static PUSH_SOURCE: Shape = Shape {
    name: "a push source",
    doc: "Rows that are pushed between two materializations.",
    keys: &[
        Key::new("type", Kind::OneOf(&["push"]), "`push`.").required(),
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new(
            "batch_source",
            Kind::Text,
            "Name of the file source with the history of these rows. A feature view can use the push source only where it \
             has one.",
        ),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static REQUEST_SOURCE: Shape = Shape {
    name: "a request source",
    doc: "Values that come with each request.",
    keys: &[
        Key::new("type", Kind::OneOf(&["request"]), "`request`.").required(),
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new("schema", FIELDS, "The fields that a request must bring.").required(),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static FEATURE_VIEW: Shape = Shape {
    name: "a feature view",
    doc: "Features of the same entities and the same source, stored and read together.",
    keys: &[
        Key::new("name", Kind::Name, "Its name, unique among views of all kinds.").required(),
        Key::new(
            "entities",
            Kind::List(&Kind::Text),
            "Names of the entities that identify a row; none for features that are the same for all.",
        )
        .default("`[]`"),
        Key::new(
            "schema",
            FIELDS,
            "Its features, and join keys whose type the entity does not tell.",
        ),
        Key::new("features", FIELDS, "Another name for `schema`."),
        Key::new(
            "ttl",
            Kind::Ttl,
            "Rows whose event time is longer ago than this when they are asked for are not served, such as `90m` or `1d`; `0` \
             is no limit.",
        )
        .default("`0`"),
        Key::new("source", Kind::Text, "Name of the file or push source it is loaded from.").required(),
        Key::new(
            "online",
            Kind::Bool,
            "Whether `materialize` loads it into the online store.",
        )
        .default("`true`"),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static ON_DEMAND_FEATURE_VIEW: Shape = Shape {
    name: "an on-demand feature view",
    doc: "Features that are computed for each request, from stored features and from what the request brings.",
    keys: &[
        Key::new("name", Kind::Name, "Its name, unique among views of all kinds.").required(),
        Key::new(
            "sources",
            Kind::List(&Kind::Either(&Kind::Text, &Kind::Mapping(&CHOSEN_FEATURES))),
            "What it computes from: names of views (also of other on-demand views) and request sources, or chosen features \
             of a view.",
        )
        .required(),
        Key::new("schema", FIELDS, "The features that it computes."),
        Key::new("features", FIELDS, "Another name for `schema`."),
        Key::new(
            "plugin",
            Kind::Mapping(&PLUGIN),
            "What computes it; without one, the gateway can't serve it.",
        ),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static CHOSEN_FEATURES: Shape = Shape {
    name: "a source of an on-demand feature view",
    doc: "Some features of a view.",
    keys: &[
        Key::new(
            "feature_view",
            Kind::Text,
            "Name of the view, on-demand or not.",
        )
        .required(),
        Key::new(
            "features",
            Kind::List(&Kind::Text),
            "Names of the chosen features.",
        )
        .default("all of them"),
    ],
};

static FEATURE_SERVICE: Shape = Shape {
    name: "a feature service",
    doc: "The features that one model reads, under one name.",
    keys: &[
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new(
            "features",
            Kind::List(&Kind::Either(&Kind::Text, &Kind::Mapping(&PROJECTION))),
            "Names of views, or chosen features of a view, in the order of the answer.",
        )
        .required(),
        DESCRIPTION,
        TAGS,
        OWNER,
    ],
};

static PROJECTION: Shape = Shape {
    name: "an item of a feature service",
    doc: "Some features of a view, perhaps under another name and other join keys.",
    keys: &[
        Key::new("feature_view", Kind::Text, "Name of the view, of any kind.").required(),
        Key::new(
            "features",
            Kind::List(&Kind::Text),
            "Names of the chosen features.",
        )
        .default("all of them"),
        Key::new(
            "name",
            Kind::Name,
            "What full feature names call the view, where one service reads it twice.",
        )
        .default("the view's name"),
        Key::new(
            "join_key_map",
            Kind::TextMap,
            "Join keys of the view, and the fields of a request that bring them.",
        ),
    ],
};
