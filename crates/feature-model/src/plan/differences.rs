use std::collections::BTreeMap;

use super::FieldChange;
use crate::{DataType, Field, access::exact_list};

/// Collects the fields in which two objects differ.
#[derive(Default)]
pub(super) struct Differences(Vec<FieldChange>);

impl Differences {
    pub(super) fn into_changes(self) -> Vec<FieldChange> {
        self.0
    }

    pub(super) fn value(
        &mut self,
        path: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) {
        if before != after {
            self.0.push(FieldChange {
                path: path.into(),
                before,
                after,
            });
        }
    }

    /// A text that is absent when it is empty.
    pub(super) fn text(&mut self, path: impl Into<String>, before: &str, after: &str) {
        let present = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.value(path, present(before), present(after));
    }

    /// Names whose order says nothing; absent when there are none.
    pub(super) fn names(&mut self, path: &str, before: &[String], after: &[String]) {
        let present = |names: &[String]| (!names.is_empty()).then(|| exact_list(names));
        self.value(path, present(before), present(after));
    }

    /// A map: one change for each key that differs.
    pub(super) fn map(
        &mut self,
        path: &str,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) {
        for (key, old) in before {
            self.value(
                format!("{path}.{key}"),
                Some(old.clone()),
                after.get(key).cloned(),
            );
        }
        for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            self.value(format!("{path}.{key}"), None, Some(new.clone()));
        }
    }

    /// Columns by name; their order says nothing. A column that comes or goes is told by its type.
    pub(super) fn columns(
        &mut self,
        path: &str,
        before: &[Field],
        after: &[Field],
        same_type: fn(&DataType, &DataType) -> bool,
    ) {
        for old in before {
            let path = format!("{path}.{}", old.name);
            match after.iter().find(|new| new.name == old.name) {
                None => self.value(path, Some(old.data_type.to_string()), None),
                Some(new) => self.column(&path, old, new, same_type),
            }
        }
        let is_new = |field: &&Field| !before.iter().any(|old| old.name == field.name);
        for new in after.iter().filter(is_new) {
            let path = format!("{path}.{}", new.name);
            self.value(path, None, Some(new.data_type.to_string()));
        }
    }

    fn column(
        &mut self,
        path: &str,
        before: &Field,
        after: &Field,
        same_type: fn(&DataType, &DataType) -> bool,
    ) {
        if !same_type(&before.data_type, &after.data_type) {
            let texts =
                [&before.data_type, &after.data_type].map(|data_type| Some(data_type.to_string()));
            let [before, after] = texts;
            self.value(format!("{path}.type"), before, after);
        }
        self.text(
            format!("{path}.description"),
            &before.description,
            &after.description,
        );
        self.map(&format!("{path}.tags"), &before.tags, &after.tags);
    }

    /// What every object has.
    pub(super) fn about(
        &mut self,
        (description, tags, owner): About<'_>,
        (new_description, new_tags, new_owner): About<'_>,
    ) {
        self.text("description", description, new_description);
        self.map("tags", tags, new_tags);
        self.text("owner", owner, new_owner);
    }
}

/// Description, tags and owner.
pub(super) type About<'a> = (&'a str, &'a BTreeMap<String, String>, &'a str);

/// Names as one text; absent when there are none.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// As [`listed`], for names whose order says nothing.
pub(super) fn listed_in_order<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    listed(names)
}
