use std::{collections::BTreeMap, sync::Arc};

use super::{
    ServedPlugin,
    wanted::{Wanted, is_current},
};

/// The plugins of a project as of now, by the name of the on-demand view.
#[derive(Clone, Debug, Default)]
pub struct PluginTable {
    /// One for each view that a plugin is bound to.
    pub slots: BTreeMap<String, Slot>,
    /// Whether every plugin of the first registry has been tried once.
    pub settled: bool,
}

/// The plugin of one view.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What requests use. Stays when a newer version fails.
    pub serving: Option<Arc<ServedPlugin>>,
    /// What the registry asks for.
    pub wanted: Wanted,
    /// Why that isn't the one that serves.
    pub trouble: Option<Trouble>,
}

/// Why what the registry asks for doesn't serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is being fetched or compiled.
    Loading,
    /// It can't be fetched just now; it is tried again.
    Unavailable(String),
    /// It can't serve the view. Somebody has to bind another.
    Failed(String),
    /// Feast's view has another function than the one that the plugin stands for.
    Outdated,
}

impl Trouble {
    /// Whether trying again may help.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Loading | Self::Unavailable(_))
    }

    /// For clients: without names of files and hosts.
    #[must_use]
    pub fn told(&self) -> &'static str {
        match self {
            Self::Loading => "it is being loaded",
            Self::Unavailable(_) => "it can't be fetched at the moment",
            Self::Failed(_) => "it can't serve the view",
            Self::Outdated => "the view's `body_text` has changed since the plugin was bound",
        }
    }

    /// For those who run the gateway.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Loading => "it is being loaded".to_owned(),
            Self::Unavailable(reason) => format!("it can't be fetched: {reason}"),
            Self::Failed(reason) => reason.clone(),
            Self::Outdated => {
                "the view's `body_text` has changed since the plugin was bound; bind a plugin that stands for the new one"
                    .to_owned()
            }
        }
    }
}

impl PluginTable {
    /// Notes what the registry asks for, and tells whether that has to be loaded. What has failed for good isn't
    /// loaded again before it is asked for otherwise.
    pub(super) fn begin(&mut self, wanted: &Wanted) -> bool {
        let name = &wanted.view.name;
        let slot = self.slots.entry(name.clone()).or_insert_with(|| Slot {
            serving: None,
            wanted: wanted.clone(),
            trouble: Some(Trouble::Loading),
        });
        let is_new = slot.wanted != *wanted;
        slot.wanted = wanted.clone();
        if !is_current(wanted) {
            slot.serving = None;
            slot.trouble = Some(Trouble::Outdated);
            return false;
        }
        if slot
            .serving
            .as_ref()
            .is_some_and(|plugin| plugin.serves(wanted))
        {
            slot.trouble = None;
            return false;
        }
        if is_new || slot.trouble.is_none() || slot.trouble == Some(Trouble::Outdated) {
            slot.trouble = Some(Trouble::Loading);
        }
        slot.trouble.as_ref().is_some_and(Trouble::passes)
    }

    /// The slots that don't serve what the registry asks for.
    pub fn troubled(&self) -> impl Iterator<Item = (&str, &Slot, &Trouble)> {
        self.slots.iter().filter_map(|(view, slot)| {
            let trouble = slot.trouble.as_ref()?;
            Some((view.as_str(), slot, trouble))
        })
    }
}
