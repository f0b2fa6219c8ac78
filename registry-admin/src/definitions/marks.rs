use std::collections::HashMap;

use feature_model::ObjectId;
use settings::yaml::Mark;

/// Where the objects of a project, and parts of them, stand in the files.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(HashMap<(ObjectId, String), Mark>);

impl Marks {
    pub(super) fn insert(&mut self, object: &ObjectId, part: impl Into<String>, mark: &Mark) {
        self.0.insert((object.clone(), part.into()), mark.clone());
    }

    pub(super) fn get(&self, object: &ObjectId, part: &str) -> Option<&Mark> {
        let exact = self.0.get(&(object.clone(), part.to_owned()));
        exact.or_else(|| self.0.get(&(object.clone(), String::new())))
    }
}
