use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use feature_codec::registry::decode_snapshot;
use feature_model::{RegistrySnapshot, Timestamp};
use leftover::Falls;
use tokio::sync::watch;

use crate::{Error, RegistryStore, Version, store::Loaded};

/// How long reading a registry may wait for time that no request wants, before it takes its share.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of a registry: the latest state that could be read.
#[derive(Clone, Debug)]
pub struct RegistryView {
    /// The latest good state; absent until there has been one.
    pub snapshot: Option<Arc<RegistrySnapshot>>,
    /// Its version.
    pub version: Version,
    /// When that state was read; absent until there has been one.
    pub loaded_at: Option<Timestamp>,
    /// Why the registry can't be read at the moment; absent when it can.
    pub last_error: Option<String>,
}

/// Reads a registry now and then every `poll`, until `shutdown` or until nobody looks any more.
///
/// The first read has been tried when this returns. A state that can't be read, is no registry or is gone
/// leaves the last good one in place and is told in [`RegistryView::last_error`]. Parsing happens off the
/// reactor, in time that nobody else wants where there is enough of that, and receivers are only woken by a change.
pub async fn watch(
    store: RegistryStore,
    poll: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> watch::Receiver<RegistryView> {
    let mut watcher = Watcher {
        store,
        known: None,
        view: RegistryView {
            snapshot: None,
            version: Version::empty(),
            loaded_at: None,
            last_error: None,
        },
        retired: Vec::new(),
    };
    watcher.look().await;
    let (sender, receiver) = watch::channel(watcher.view.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown => {}
            () = sender.closed() => {}
            () = watcher.follow(poll, &sender) => {}
        }
    });
    receiver
}

struct Watcher {
    store: RegistryStore,
    /// The version that was looked at last, good or not.
    known: Option<Version>,
    view: RegistryView,
    /// States that are no longer the latest. Whoever gives one up last takes it apart, which takes milliseconds; that is to
    /// be nobody who has a request to answer.
    retired: Vec<Arc<RegistrySnapshot>>,
}

impl Watcher {
    async fn follow(&mut self, poll: Duration, sender: &watch::Sender<RegistryView>) {
        loop {
            tokio::time::sleep(poll).await;
            if self.look().await {
                sender.send_replace(self.view.clone());
            }
        }
    }

    /// Takes those states apart that nobody else has any longer.
    fn take_apart(&mut self) {
        let is_unused = |one: &mut Arc<RegistrySnapshot>| Arc::strong_count(one) == 1;
        let unused: Vec<_> = self.retired.extract_if(.., is_unused).collect();
        if !unused.is_empty() {
            // nobody waits for it
            drop(leftover::run(Falls::AtOnce, move || drop(unused)));
        }
    }

    /// Tells whether there is something new to know.
    async fn look(&mut self) -> bool {
        self.take_apart();
        let looked = match &self.known {
            Some(known) => self.store.load_if_changed(known).await,
            None => self.store.load().await.map(Some),
        };
        match looked {
            Ok(None) => false,
            Ok(Some(loaded)) => {
                self.take(loaded).await;
                true
            }
            Err(error) => {
                // The next look reads it again, whatever it is then.
                self.known = None;
                self.fail(error.to_string())
            }
        }
    }

    async fn take(&mut self, loaded: Loaded) {
        self.known = Some(loaded.version.clone());
        match self.parse(loaded.bytes).await {
            Ok(snapshot) => {
                self.retired.extend(self.view.snapshot.take());
                self.view = RegistryView {
                    snapshot: Some(Arc::new(snapshot)),
                    version: loaded.version,
                    loaded_at: Some(Timestamp::now()),
                    last_error: None,
                };
            }
            Err(error) => {
                self.fail(error);
            }
        }
    }

    async fn parse(&self, bytes: Bytes) -> Result<RegistrySnapshot, String> {
        let location = self.store.location();
        if bytes.is_empty() {
            return Err(format!(
                "registry `{location}` is absent or empty; apply the definitions first"
            ));
        }
        let parsed = leftover::run_or_else(PATIENCE, move || decode_snapshot(&bytes)).await;
        let parsed = parsed.ok_or("reading the registry has failed: a defect of Salver's")?;
        parsed.map_err(|reason| {
            let location = location.to_owned();
            Error::Corrupt { location, reason }.to_string()
        })
    }

    fn fail(&mut self, error: String) -> bool {
        let is_news = self.view.last_error.as_ref() != Some(&error);
        if is_news {
            tracing::warn!(error, "registry can't be read, the last good state is kept");
        }
        self.view.last_error = Some(error);
        is_news
    }
}
