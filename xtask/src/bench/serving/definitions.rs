//! The data set of feast-benchmarks as definitions: 250 int64 features in 25 views of one entity, and of another
//! entity what that doesn't have: other types, and the same number of features in one view and in many.

use std::{fmt::Write as _, path::Path};

pub(super) const VIEWS: u32 = 25;
pub(super) const FEATURES_PER_VIEW: u32 = 10;
pub(super) const DIMENSIONS: u32 = 128;
/// Of the views `wide` and `spread_0`, `spread_1`, ..
const WIDE: u32 = 50;

/// The join key of the 25 views.
pub(super) const ENTITY: &str = "entity_id";
/// The join key of the others.
pub(super) const OTHER: &str = "other_id";

/// Features of one type in a view.
struct View {
    name: String,
    entity: &'static str,
    features: Vec<String>,
    data_type: &'static str,
}

/// What `registry-admin apply` reads. `unused` views more are asked by nobody, and `mark` is told by one of them.
pub(super) fn definitions(source: &Path, unused: u32, mark: &str) -> String {
    let source = source.display();
    let mut text = format!(
        "entities:\n  - {{name: entity, join_key: {ENTITY}, value_type: Int64}}\n  \
         - {{name: other, join_key: {OTHER}, value_type: Int64}}\n\
         data_sources:\n  - {{type: file, name: entity_rows, path: {source}, timestamp_field: event_timestamp}}\n  \
         - {{type: file, name: other_rows, path: {source}, timestamp_field: event_timestamp, \
         field_mapping: {{entity_id: {OTHER}}}}}\n\
         feature_views:\n"
    );
    for view in views() {
        text += &view.definition("");
    }
    for index in 0..unused {
        let tag = if index == 0 { mark } else { "" };
        let view = View::of_integers(format!("unused_{index}"), "entity", 0..FEATURES_PER_VIEW);
        text += &view.definition(tag);
    }
    text + &services()
}

fn views() -> Vec<View> {
    let stored = (0..VIEWS).map(|view| {
        let features = view * FEATURES_PER_VIEW..(view + 1) * FEATURES_PER_VIEW;
        View::of_integers(format!("fv_{view}"), "entity", features)
    });
    let spread = (0..VIEWS).map(|view| {
        let each = WIDE / VIEWS;
        View::of_integers(
            format!("spread_{view}"),
            "other",
            view * each..(view + 1) * each,
        )
    });
    let numbered = |letter: &str| (0..10).map(|index| format!("{letter}{index}")).collect();
    let of_others = |name: &str, features, data_type| View {
        name: name.to_owned(),
        entity: "other",
        features,
        data_type,
    };
    let wide = View::of_integers("wide".to_owned(), "other", 0..WIDE);
    stored
        .chain(spread)
        .chain([
            wide,
            of_others("floats", numbered("f"), "Float64"),
            of_others("texts", numbered("s"), "String"),
            of_others("embeddings", vec!["embedding".to_owned()], "Array(Float32)"),
        ])
        .collect()
}

impl View {
    fn of_integers(
        name: String,
        entity: &'static str,
        features: impl Iterator<Item = u32>,
    ) -> Self {
        Self {
            name,
            entity,
            features: features.map(|index| format!("i{index}")).collect(),
            data_type: "Int64",
        }
    }

    fn definition(&self, tag: &str) -> String {
        let Self {
            name,
            entity,
            features,
            data_type,
        } = self;
        let mut text =
            format!("  - name: {name}\n    entities: [{entity}]\n    source: {entity}_rows\n");
        if !tag.is_empty() {
            let _ = writeln!(text, "    tags: {{mark: {tag}}}");
        }
        text += "    schema:\n";
        for feature in features {
            let _ = writeln!(text, "      - {{name: {feature}, type: {data_type}}}");
        }
        text
    }
}

/// `fs_10`, `fs_50`, .. of so many features of the 25 views, and one for each of the others.
fn services() -> String {
    let mut text = "feature_services:\n".to_owned();
    let mut service = |name: &str, views: &mut dyn Iterator<Item = String>| {
        let views = views.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  - {{name: {name}, features: [{views}]}}");
    };
    for views in [1, 5, 10, 15, 20, 25] {
        let name = format!("fs_{}", views * FEATURES_PER_VIEW);
        service(&name, &mut (0..views).map(|view| format!("fv_{view}")));
    }
    let three = |view: u32| {
        let first = view * FEATURES_PER_VIEW;
        let last = first + 2;
        format!(
            "{{feature_view: fv_{view}, features: [i{first}, i{}, i{last}]}}",
            first + 1
        )
    };
    service("ten_by_three", &mut (0..10).map(three));
    service(
        "spread_50",
        &mut (0..VIEWS).map(|view| format!("spread_{view}")),
    );
    for view in ["wide", "floats", "texts", "embeddings"] {
        service(
            &format!("{view}_all"),
            &mut std::iter::once(view.to_owned()),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::definitions;

    #[test]
    fn the_services_have_as_many_features_as_their_names_say() {
        let text = definitions(Path::new("/source"), 0, "");
        assert_eq!(text.matches("  - name: fv_").count(), 25);
        assert!(
            text.contains("{name: fs_50, features: [fv_0, fv_1, fv_2, fv_3, fv_4]}"),
            "{text}"
        );
        assert!(text.contains("features: [i90, i91, i92]}"), "{text}");
        assert!(text.contains("{name: i249, type: Int64}"), "{text}");
    }

    #[test]
    fn unused_views_come_on_top_and_a_mark_makes_another_registry() {
        let few = definitions(Path::new("/source"), 0, "");
        let [one, other] = ["a", "b"].map(|mark| definitions(Path::new("/source"), 100, mark));
        assert_eq!(one.matches("  - name: unused_").count(), 100);
        assert!(one.len() > few.len() && one != other);
    }
}
