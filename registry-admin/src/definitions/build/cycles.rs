//! On-demand views that would be computed from themselves.

use std::collections::BTreeSet;

use feature_model::{ObjectId, ObjectKind, OnDemandSource};

use super::Builder;

impl Builder {
    /// Reports each circle once, at the source by which its first view begins it.
    pub(super) fn check_cycles(&mut self) {
        let mut search = Search::default();
        let names: Vec<String> = self
            .project
            .on_demand_feature_views
            .keys()
            .cloned()
            .collect();
        for name in &names {
            search.visit(name, self);
        }
        for circle in search.circles {
            let [first, from, ..] = circle.as_slice() else {
                continue;
            };
            let object = ObjectId::new(ObjectKind::OnDemandFeatureView, first);
            let mark = self.marks.get(&object, &format!("sources.{from}")).cloned();
            let path: Vec<String> = circle.iter().map(|view| format!("`{view}`")).collect();
            let message = format!(
                "the on-demand feature view `{first}` would be computed from itself: {}; take one of these sources away",
                path.join(" from ")
            );
            if let Some(mark) = mark {
                self.error(&mark, message);
            }
        }
    }

    fn on_demand_sources_of(&self, view: &str) -> Vec<String> {
        let views = &self.project.on_demand_feature_views;
        let sources = views
            .get(view)
            .into_iter()
            .flat_map(|view| view.sources.values());
        let names = sources.filter_map(|source| match source {
            OnDemandSource::View(projection) => Some(&projection.view),
            OnDemandSource::Request(_) => None,
        });
        names
            .filter(|name| views.contains_key(*name))
            .cloned()
            .collect()
    }
}

#[derive(Default)]
struct Search {
    done: BTreeSet<String>,
    circles: Vec<Vec<String>>,
}

impl Search {
    /// Looks into everything that a view is computed from. Without recursion: files may chain views as long as
    /// they like.
    fn visit(&mut self, start: &str, builder: &Builder) {
        let step = |view: &str| {
            (
                view.to_owned(),
                builder.on_demand_sources_of(view).into_iter(),
            )
        };
        if self.done.contains(start) {
            return;
        }
        let mut path = vec![step(start)];
        while let Some((view, rest)) = path.last_mut() {
            let Some(next) = rest.next() else {
                self.done.insert(view.clone());
                path.pop();
                continue;
            };
            if let Some(begin) = path.iter().position(|(view, _)| *view == next) {
                let mut circle: Vec<String> =
                    path[begin..].iter().map(|(view, _)| view.clone()).collect();
                circle.push(next);
                self.circles.push(circle);
            } else if !self.done.contains(&next) {
                path.push(step(&next));
            }
        }
    }
}
