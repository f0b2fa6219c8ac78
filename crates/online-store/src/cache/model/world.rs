mod checks;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use feature_model::Timestamp;

use super::Step;
use crate::{
    Error, Found, Freshness, OnlineReader, PreparedView, ReadOptions, StoredRow, StoredRows,
    ViewRead,
    cache::{
        CacheOptions, columns::Views, flight::Departure, look::Look, moment::Moment, state::State,
        trust::Trust, wanted::Wanted,
    },
};

const LEASE: Duration = Duration::from_millis(950);
const STALE: Duration = Duration::from_secs(2);
const TTL: Duration = Duration::from_millis(1_500);
const READERS: usize = 3;
const KEYS: usize = 3;

/// A row of the model: number of the key, and of the view.
type Row = (usize, usize);

/// The store's and the cache's common world.
pub(super) struct World {
    now: Moment,
    state: State,
    views: Vec<Arc<PreparedView>>,
    cache: Views,
    /// Since when a row has which version; without one there is no row.
    history: HashMap<Row, Vec<(Moment, u32)>>,
    /// When keys end by themselves. Their rows get new versions then, and nobody is told.
    ends: HashMap<usize, End>,
    /// Keys that have ended, which the store hasn't found out.
    unnoticed: HashSet<usize>,
    /// The versions that rows got when their keys ended, and since when that was to come.
    ended: HashMap<Row, (Moment, u32)>,
    is_connected: bool,
    is_noticed: bool,
    news: VecDeque<News>,
    loads: Vec<Load>,
    readers: Vec<Option<Request>>,
    /// The newest version of each row that any reader was told.
    told: HashMap<Row, u32>,
}

#[derive(Clone, Copy)]
struct End {
    at: Moment,
    /// When somebody said so. That is told.
    since: Moment,
}

enum News {
    Changed(Vec<u8>),
    AllChanged,
    Answer(Moment),
}

struct Load {
    departure: Departure,
    brought: Option<Found>,
}

struct Request {
    began: Moment,
    /// What had been told when it began.
    told: HashMap<Row, u32>,
    views: Vec<Arc<PreparedView>>,
    keys: Vec<Vec<u8>>,
    look: Look,
    /// Whether it asks a second time.
    is_anew: bool,
}

/// Only to prepare.
struct Nowhere;

#[async_trait]
impl OnlineReader for Nowhere {
    async fn read(&self, _: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
        self.ping().await.map(|()| Found::default())
    }

    async fn ping(&self) -> Result<(), Error> {
        Err(away())
    }
}

fn away() -> Error {
    Error::Unavailable {
        store: "model".to_owned(),
        reason: "away".to_owned(),
    }
}

fn key(number: usize) -> Vec<u8> {
    vec![u8::try_from(number).unwrap()]
}

fn reads<'a>(views: &'a [Arc<PreparedView>], keys: &'a [Vec<u8>]) -> Vec<ViewRead<'a>> {
    views.iter().map(|view| ViewRead { view, keys }).collect()
}

/// The number of a view: 0 is kept until it changes, 1 has a ttl.
fn view_number(view: &PreparedView) -> usize {
    usize::from(view.name() == "b")
}

impl World {
    pub(super) fn new() -> Self {
        let mut options = CacheOptions::new(1 << 30);
        options.view_ttls.insert("b".to_owned(), Some(TTL));
        let cache = Views::new();
        let prepare = |view: &str, features: &[&str]| {
            let names: Vec<String> = features.iter().map(ToString::to_string).collect();
            Arc::new(cache.prepare(&Nowhere, &options, view, &names))
        };
        Self {
            now: Moment::default().after(Duration::from_secs(60)),
            state: State::new(options.max_bytes, STALE, Trust::new(Some(LEASE))),
            views: vec![prepare("a", &["x"]), prepare("b", &["x", "y"])],
            cache,
            history: HashMap::new(),
            ends: HashMap::new(),
            unnoticed: HashSet::new(),
            ended: HashMap::new(),
            is_connected: false,
            is_noticed: true,
            news: VecDeque::new(),
            loads: Vec::new(),
            readers: (0..READERS).map(|_| None).collect(),
            told: HashMap::new(),
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        match *step {
            Step::Write { key, view } => {
                let row = (key % KEYS, view % self.views.len());
                self.change(row);
                self.tell(News::Changed(self::key(row.0)));
            }
            Step::Flush => {
                let rows: Vec<Row> = self.history.keys().copied().collect();
                rows.into_iter().for_each(|row| self.change(row));
                self.tell(News::AllChanged);
            }
            Step::Read {
                reader,
                views,
                keys,
                is_current,
            } => self.read(reader % READERS, views, keys, is_current),
            Step::End { key, millis } => self.end_in(key % KEYS, millis),
            Step::Persist { key } => {
                if self.ends.remove(&(key % KEYS)).is_some() {
                    self.tell(News::Changed(self::key(key % KEYS)));
                }
            }
            Step::Execute { load, tells_ends } => self.execute(load, tells_ends),
            Step::Land(load) => self.land(load, false),
            Step::Fail(load) => self.land(load, true),
            Step::Ping => self.tell(News::Answer(self.now)),
            Step::Deliver(count) => self.deliver(count),
            Step::Cut => self.is_connected = false,
            Step::Notice => self.notice(),
            Step::Reconnect => self.reconnect(),
            Step::Wait(millis) => self.wait(Duration::from_millis(millis)),
        }
    }

    fn change(&mut self, row: Row) {
        self.change_at(row, self.now);
    }

    fn change_at(&mut self, row: Row, at: Moment) -> u32 {
        let versions = self.history.entry(row).or_default();
        let next = versions.last().map_or(1, |(_, version)| version + 1);
        versions.push((at, next));
        next
    }

    /// Has a key end, if it is there.
    fn end_in(&mut self, key: usize, millis: u64) {
        if self.history.keys().any(|row| row.0 == key) {
            let since = self.now;
            let at = since.after(Duration::from_millis(millis));
            self.ends.insert(key, End { at, since });
            self.tell(News::Changed(self::key(key)));
        }
    }

    /// Time passes, and keys end.
    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let now = self.now;
        let ended = self.ends.extract_if(|_, end| end.at <= now);
        for (key, end) in ended.collect::<Vec<_>>() {
            self.unnoticed.insert(key);
            let rows = self.history.keys().copied().filter(|row| row.0 == key);
            for row in rows.collect::<Vec<Row>>() {
                let version = self.change_at(row, end.at);
                self.ended.insert(row, (end.since, version));
            }
        }
    }

    /// Where nobody notices that the connection is broken, news are lost.
    fn tell(&mut self, news: News) {
        if self.is_connected {
            self.news.push_back(news);
        }
    }

    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            match self.news.pop_front() {
                Some(News::Changed(key)) => self.state.invalidate(&key),
                Some(News::AllChanged) => self.state.invalidate_all(),
                Some(News::Answer(at)) => self.state.trust.confirm(at),
                None => return,
            }
        }
    }

    fn notice(&mut self) {
        if !self.is_connected && !self.is_noticed {
            self.news.clear();
            self.state.trust.lose();
            self.is_noticed = true;
        }
    }

    fn reconnect(&mut self) {
        if !self.is_connected && self.is_noticed {
            self.is_connected = true;
            self.is_noticed = false;
            self.state.invalidate_all();
            self.state.trust.confirm(self.now);
        }
    }

    fn read(&mut self, reader: usize, views: usize, keys: usize, is_current: bool) {
        if self.readers[reader].is_some() {
            return;
        }
        let chosen = |mask: usize, index: usize| mask & (1 << index) != 0;
        let views: Vec<_> = (0..self.views.len())
            .filter(|index| chosen(views, *index))
            .map(|index| Arc::clone(&self.views[index]))
            .collect();
        let keys = (0..KEYS).filter(|index| chosen(keys, *index));
        let keys: Vec<_> = keys.map(key).collect();
        let freshness = match is_current {
            true => Freshness::Current,
            false => Freshness::Cached,
        };
        let look = self.look(&views, &keys, freshness);
        self.readers[reader] = Some(Request {
            began: self.now,
            told: self.told.clone(),
            views,
            keys,
            look,
            is_anew: false,
        });
        self.finish();
    }

    fn look(
        &mut self,
        views: &[Arc<PreparedView>],
        keys: &[Vec<u8>],
        freshness: Freshness,
    ) -> Look {
        let asked = reads(views, keys);
        let wanted = Wanted::of(&asked, &self.cache).unwrap();
        let mut look = self.state.look(&wanted, freshness.into(), self.now);
        self.check_ends(views, keys, &look, LEASE);
        if let Some(departure) = look.departure.take() {
            self.loads.push(Load {
                departure,
                brought: None,
            });
        }
        look
    }

    fn execute(&mut self, load: usize, tells_ends: bool) {
        let load = load % self.loads.len().max(1);
        let Some(due) = self.loads.get(load).filter(|load| load.brought.is_none()) else {
            return;
        };
        let parts = due.departure.parts.iter();
        let reads = parts.flat_map(|part| part.views.iter().map(|view| (view, &part.keys)));
        let mut found = Found::default();
        let mut views = Vec::new();
        let mut noticed = Vec::new();
        for (view, keys) in reads {
            let rows = keys.iter().map(|key| self.row(view, key));
            views.push(rows.collect());
            let lasts = keys.iter().map(|key| self.lasts(key));
            found.lasts.push(match tells_ends {
                true => lasts.collect(),
                false => vec![Duration::ZERO; keys.len()],
            });
            noticed.extend_from_slice(keys);
        }
        found.rows = StoredRows::from(views);
        self.loads[load].brought = Some(found);
        for key in noticed {
            if self.unnoticed.remove(&usize::from(key[0])) {
                self.tell(News::Changed(key));
            }
        }
    }

    fn lasts(&self, key: &[u8]) -> Duration {
        let end = self.ends.get(&usize::from(key[0]));
        end.map_or(Duration::MAX, |end| end.at.since(self.now))
    }

    fn row(&self, view: &PreparedView, key: &[u8]) -> Option<StoredRow> {
        let row = (usize::from(key[0]), view_number(view));
        let (_, version) = self.history.get(&row)?.last()?;
        let values = view.features().iter().map(|_| Some(version.to_le_bytes()));
        Some(StoredRow::new(Timestamp::EPOCH, values))
    }

    /// The answer arrives, where there is one; a load may fail before and after the store has seen it.
    fn land(&mut self, load: usize, fails: bool) {
        let load = load % self.loads.len().max(1);
        let is_due = |load: &Load| fails || load.brought.is_some();
        if self.loads.get(load).is_some_and(is_due) {
            let Load { departure, brought } = self.loads.swap_remove(load);
            let brought = brought.filter(|_| !fails).ok_or_else(away);
            self.state.land(&departure, brought);
            self.finish();
        }
    }

    /// Answers the readers whose loads have ended.
    fn finish(&mut self) {
        for reader in 0..READERS {
            let is_due = |request: &mut Request| {
                request.look.trips().all(|trip| trip.landed.get().is_some())
            };
            if let Some(request) = self.readers[reader].take_if(is_due)
                && let Some(mut anew) = self.answer(request)
            {
                anew.look = self.look(&anew.views, &anew.keys, Freshness::Current);
                anew.is_anew = true;
                self.readers[reader] = Some(anew);
            }
        }
    }

    /// When nothing is under way and news come in, everything is told out of the cache, as it is.
    pub(super) fn come_to_rest(&mut self) {
        while !self.loads.is_empty() {
            self.execute(0, true);
            self.land(0, false);
        }
        assert!(self.readers.iter().all(Option::is_none));
        self.is_connected = false;
        self.notice();
        self.reconnect();
        for is_second in [false, true] {
            self.read(0, 3, 7, false);
            assert_eq!(self.loads.is_empty(), is_second);
            self.execute(0, true);
            self.land(0, false);
        }
        let newest = self
            .history
            .iter()
            .filter_map(|(row, versions)| Some((row, versions.last()?.1)));
        for (row, version) in newest {
            assert_eq!(self.told.get(row), Some(&version));
        }
    }
}
