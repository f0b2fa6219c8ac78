use crate::{ViewRead, read::Columns};

use super::columns::{CachedView, Views};
use std::sync::Arc;

/// Views that are wanted of the same keys.
pub(super) struct Wanted<'a> {
    pub(super) views: Vec<WantedView<'a>>,
    pub(super) keys: &'a [Vec<u8>],
}

/// What is wanted of a view.
pub(super) struct WantedView<'a> {
    /// The place of the read among those of the request.
    pub(super) read: usize,
    pub(super) view: &'a Arc<CachedView>,
    pub(super) columns: &'a Columns,
    /// How many of the first columns a row must have.
    pub(super) needed: u32,
}

impl<'a> Wanted<'a> {
    /// The reads by their keys; `None` where a view is not of this cache.
    pub(super) fn of(reads: &'a [ViewRead<'a>], views: &Views) -> Option<Vec<Self>> {
        let mut groups: Vec<(&ViewRead<'_>, Self)> = Vec::with_capacity(1);
        for (read, asked) in reads.iter().enumerate() {
            let remembered = asked.view.as_remembered()?;
            if !views.has(&remembered.view) {
                return None;
            }
            let view = WantedView {
                read,
                view: &remembered.view,
                columns: &remembered.columns,
                needed: remembered.needed,
            };
            let same = |(first, _): &&mut (&ViewRead<'_>, Self)| asked.shares_keys_with(first);
            match groups.iter_mut().rev().find(same) {
                Some((_, group)) => group.views.push(view),
                None => groups.push((
                    asked,
                    Self {
                        views: vec![view],
                        keys: asked.keys,
                    },
                )),
            }
        }
        Some(groups.into_iter().map(|(_, group)| group).collect())
    }
}
