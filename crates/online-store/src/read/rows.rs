use std::{borrow::Cow, fmt, num::NonZeroU32, sync::Arc};

use super::{RowRef, StoredRow, row::Columns};

/// The rows of a read: for each view, for each of its keys, the row, or that there is none. Rows share memory: that of an
/// entity that is kept, or of all rows that a pipeline has brought (those of 256 hashes at the most). As long as one of
/// them is held, all of it is.
#[derive(Clone, Default)]
pub struct StoredRows {
    views: Vec<View>,
    /// Of all views, one after the other.
    places: Vec<Option<Place>>,
    memory: Vec<Arc<[u8]>>,
}

/// The rows of a view, for each of its keys.
#[derive(Clone, Copy)]
pub struct RowsOfView<'a> {
    columns: &'a Columns,
    places: &'a [Option<Place>],
    memory: &'a [Arc<[u8]>],
}

#[derive(Clone)]
struct View {
    columns: Columns,
    /// Its part of the places.
    first: usize,
    keys: usize,
}

/// Where a row begins.
#[derive(Clone, Copy)]
struct Place {
    piece: Piece,
    start: usize,
}

/// A piece of memory: its number, counted from 1.
#[derive(Clone, Copy)]
pub(crate) struct Piece(NonZeroU32);

impl StoredRows {
    /// No row of views that show these columns and have so many keys.
    pub(crate) fn absent(views: impl IntoIterator<Item = (Columns, usize)>) -> Self {
        let mut places = 0;
        let absent = |(columns, keys)| {
            let first = places;
            places += keys;
            View {
                columns,
                first,
                keys,
            }
        };
        Self {
            views: views.into_iter().map(absent).collect(),
            places: vec![None; places],
            memory: Vec::new(),
        }
    }

    /// Number of views.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views.len()
    }

    /// The rows of the views.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RowsOfView<'_>> {
        self.views.iter().map(|view| self.of(view))
    }

    /// The row of a view's key; `None` where the store has none, and where there is no such view or key.
    #[must_use]
    pub fn get(&self, view: usize, key: usize) -> Option<RowRef<'_>> {
        self.of(self.views.get(view)?).get(key)
    }

    /// Takes memory in that rows are in: the [next piece](Self::next_piece).
    pub(crate) fn hold(&mut self, memory: Arc<[u8]>) -> Piece {
        let piece = self.next_piece();
        self.memory.push(memory);
        piece
    }

    /// The piece that will be taken in next.
    pub(crate) fn next_piece(&self) -> Piece {
        Piece::after(self.memory.len())
    }

    /// Says where the row of a view's key begins.
    #[inline]
    pub(crate) fn put(&mut self, view: usize, key: usize, piece: Piece, start: usize) {
        let place = self.views.get(view).and_then(|view| view.place(key));
        if let Some(place) = place.and_then(|place| self.places.get_mut(place)) {
            *place = Some(Place { piece, start });
        }
    }

    /// Takes a row over from others, for a view that shows the columns of it that this view does.
    pub(crate) fn take_over(
        &mut self,
        (view, key): (usize, usize),
        from: &Self,
        row: (usize, usize),
    ) {
        let Some((place, row)) = from.place(row).zip(from.get(row.0, row.1)) else {
            return;
        };
        let (piece, start) = match (row.packed(), from.piece(place.piece)) {
            (Cow::Borrowed(_), Some(memory)) => (self.hold_once(memory), place.start),
            (alone, _) => (self.hold(alone.into()), 0),
        };
        self.put(view, key, piece, start);
    }

    /// Takes memory in, unless it was the last that was.
    fn hold_once(&mut self, memory: &Arc<[u8]>) -> Piece {
        match self.memory.split_last() {
            Some((last, others)) if Arc::ptr_eq(last, memory) => Piece::after(others.len()),
            _ => self.hold(Arc::clone(memory)),
        }
    }

    fn place(&self, (view, key): (usize, usize)) -> Option<Place> {
        *self.places.get(self.views.get(view)?.place(key)?)?
    }

    fn piece(&self, piece: Piece) -> Option<&Arc<[u8]>> {
        self.memory.get(piece.index())
    }

    #[inline]
    fn of<'a>(&'a self, view: &'a View) -> RowsOfView<'a> {
        let places = view.first..view.first + view.keys;
        RowsOfView {
            columns: &view.columns,
            places: self.places.get(places).unwrap_or_default(),
            memory: &self.memory,
        }
    }
}

impl View {
    /// Where the place of a key is.
    #[inline]
    fn place(&self, key: usize) -> Option<usize> {
        (key < self.keys).then_some(self.first + key)
    }
}

impl Piece {
    /// The piece that comes after so many.
    fn after(others: usize) -> Self {
        let number = NonZeroU32::MIN.saturating_add(u32::try_from(others).unwrap_or(u32::MAX));
        Self(number)
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl<'a> RowsOfView<'a> {
    /// Number of keys.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "nobody asks whether there are no keys"
    )]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The row of a key.
    #[must_use]
    #[inline]
    pub fn get(&self, key: usize) -> Option<RowRef<'a>> {
        let place = self.places.get(key)?.as_ref()?;
        self.row(place)
    }

    /// The rows, key by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<RowRef<'a>>> + use<'a> {
        let rows = *self;
        let row = move |place: &Option<Place>| place.as_ref().and_then(|place| rows.row(place));
        self.places.iter().map(row)
    }

    /// Whether each row that is there shows so many features.
    #[must_use]
    pub fn show(&self, features: usize) -> bool {
        match self.columns.shown() {
            Some(shown) => shown == features,
            None => self.iter().flatten().all(|row| row.features() == features),
        }
    }

    #[inline]
    fn row(&self, place: &Place) -> Option<RowRef<'a>> {
        let memory = self.memory.get(place.piece.index())?;
        Some(RowRef::new(memory.get(place.start..)?, self.columns))
    }
}

/// Rows with memory of their own.
impl From<Vec<Vec<Option<StoredRow>>>> for StoredRows {
    fn from(views: Vec<Vec<Option<StoredRow>>>) -> Self {
        let mut rows = Self::absent(views.iter().map(|rows| (Columns::All, rows.len())));
        for (view, stored) in views.into_iter().enumerate() {
            for (key, row) in stored.into_iter().enumerate() {
                if let Some(row) = row {
                    let piece = rows.hold(row.into_memory());
                    rows.put(view, key, piece, 0);
                }
            }
        }
        rows
    }
}

impl PartialEq for StoredRows {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (RowsOfView<'_>, RowsOfView<'_>)| one.iter().eq(other.iter());
        self.views() == other.views() && self.iter().zip(other.iter()).all(same)
    }
}

impl Eq for StoredRows {}

impl fmt::Debug for RowsOfView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for StoredRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
