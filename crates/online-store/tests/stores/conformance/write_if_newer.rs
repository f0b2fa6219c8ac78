use std::collections::BTreeMap;

use feature_model::{Timestamp, Value};
use online_store::{StoredView, WriteBatch, WriteReport};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::for_both_stores;
use crate::{
    rows::{batch, driver, read_row, row, seconds, view, write_row},
    store::Store,
};

for_both_stores!(
    an_older_row_never_replaces_a_newer_one,
    a_row_of_equal_time_replaces,
    times_around_1970_are_compared_exactly,
    of_a_key_that_comes_twice_in_a_batch_the_newest_counts,
    a_row_is_written_whole_or_not_at_all,
    other_views_of_the_entity_do_not_matter,
    any_sequence_of_batches_leaves_the_newest_rows,
    of_two_racing_writers_the_newest_row_stays,
);

const WRITTEN: WriteReport = WriteReport {
    written: 1,
    stale: 0,
};
const STALE: WriteReport = WriteReport {
    written: 0,
    stale: 1,
};

async fn an_older_row_never_replaces_a_newer_one(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let write = |at, value| {
        let (writer, stats) = (&writer, &stats);
        async move { write_row(&**writer, stats, 1, seconds(at), &[Value::Int64(value)]).await }
    };
    assert_eq!(write(10, 1).await, WRITTEN);
    assert_eq!(write(9, 2).await, STALE);
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(10), &[Value::Int64(1)])
    );
    assert_eq!(write(11, 3).await, WRITTEN);
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(11), &[Value::Int64(3)])
    );
}

async fn a_row_of_equal_time_replaces(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let times = [
        seconds(10),
        seconds(0),
        seconds(-10),
        Timestamp::new(-10, 5),
    ];
    for (index, at) in times.into_iter().enumerate() {
        let stats = view("prj", &format!("stats_{index}"), &["a"]);
        for value in [Value::Int64(1), Value::Null, Value::Int64(2)] {
            let report = write_row(&*writer, &stats, 1, at, std::slice::from_ref(&value)).await;
            assert_eq!(report, WRITTEN);
            let found = read_row(&*reader, &stats, 1).await;
            assert_eq!(found, row(store.kept(at), &[value]));
        }
    }
}

/// Each time against each: replaced unless the stored one is newer, as far as the store keeps it.
async fn times_around_1970_are_compared_exactly(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let edge = 1_i64 << 53;
    let times: Vec<Timestamp> = [
        -edge - 1,
        -edge,
        -1 << 28,
        -2,
        -1,
        0,
        1,
        127,
        128,
        1 << 28,
        edge,
        edge + 1,
    ]
    .into_iter()
    .chain([i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX])
    .flat_map(|at| [0, 1, 127, 128, 999_999_999].map(|nanos| Timestamp::new(at, nanos)))
    .collect();
    let stats = view("prj", "stats", &["a"]);
    let count = i64::try_from(times.len()).unwrap();
    let pairs = || {
        (0..count * count).zip(
            times
                .iter()
                .flat_map(|old| times.iter().map(move |new| (*old, *new))),
        )
    };
    let old = pairs().map(|(id, (old, _))| (driver(id), old, vec![Value::Int64(0)]));
    writer.write(&stats, batch(old.collect())).await.unwrap();
    let new = pairs().map(|(id, (_, new))| (driver(id), new, vec![Value::Int64(1)]));
    writer.write(&stats, batch(new.collect())).await.unwrap();
    let keys: Vec<Vec<u8>> = (0..count * count).map(driver).collect();
    let rows = crate::rows::try_read(&*reader, &stats, &keys)
        .await
        .unwrap();
    for ((_, (old, new)), found) in pairs().zip(rows) {
        let expected = if store.kept(new) >= store.kept(old) {
            row(store.kept(new), &[Value::Int64(1)])
        } else {
            row(store.kept(old), &[Value::Int64(0)])
        };
        assert_eq!(found, expected, "{old:?} and then {new:?}");
    }
}

async fn of_a_key_that_comes_twice_in_a_batch_the_newest_counts(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let times = [(1, 5), (2, 5), (1, 7), (2, 4), (1, 6), (2, 5)];
    let rows = times
        .iter()
        .zip(0..)
        .map(|((id, at), value)| (driver(*id), seconds(*at), vec![Value::Int64(value)]));
    let report = writer.write(&stats, batch(rows.collect())).await.unwrap();
    assert_eq!(
        report,
        WriteReport {
            written: 2,
            stale: 4
        }
    );
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(7), &[Value::Int64(2)])
    );
    assert_eq!(
        read_row(&*reader, &stats, 2).await,
        row(seconds(5), &[Value::Int64(5)])
    );
}

/// The view got a feature after the row was stored: an older row may not add its value for that feature.
async fn a_row_is_written_whole_or_not_at_all(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let before = view("prj", "stats", &["a"]);
    let after = view("prj", "stats", &["b", "a"]);
    write_row(&*writer, &before, 1, seconds(10), &[Value::Int64(10)]).await;
    let older = [Value::Int64(9), Value::Int64(9)];
    assert_eq!(
        write_row(&*writer, &after, 1, seconds(9), &older).await,
        STALE
    );
    let (time, values) = read_row(&*reader, &after, 1).await.unwrap();
    assert_eq!(
        (time, values),
        (seconds(10), vec![None, Some(Value::Int64(10))])
    );
    let newer = [Value::Int64(11), Value::Int64(11)];
    assert_eq!(
        write_row(&*writer, &after, 1, seconds(11), &newer).await,
        WRITTEN
    );
    assert_eq!(
        read_row(&*reader, &after, 1).await,
        row(seconds(11), &newer)
    );
}

async fn other_views_of_the_entity_do_not_matter(store: &Store) {
    let writer = store.writer("prj").await;
    let (a, b) = (view("prj", "a", &["x"]), view("prj", "b", &["x"]));
    assert_eq!(
        write_row(&*writer, &a, 1, seconds(10), &[Value::Null]).await,
        WRITTEN
    );
    assert_eq!(
        write_row(&*writer, &b, 1, seconds(5), &[Value::Null]).await,
        WRITTEN
    );
}

/// Event times that collide often, before and after 1970, with fractions.
fn times() -> impl Strategy<Value = Timestamp> {
    let ordinary =
        (-3_i64..3, 0_u32..3).prop_map(|(at, part)| Timestamp::new(at, part * 400_000_000));
    let any =
        (any::<i64>(), 0_u32..1_000_000_000).prop_map(|(at, nanos)| Timestamp::new(at, nanos));
    prop_oneof![4 => ordinary, 1 => any]
}

/// Batches of rows of three drivers.
fn batches() -> impl Strategy<Value = Vec<Vec<(i64, Timestamp)>>> {
    prop::collection::vec(prop::collection::vec((0_i64..3, times()), 0..6), 1..6)
}

/// Runs `case` on generated batches, each time with another view.
fn check_batches(
    cases: u32,
    mut case: impl FnMut(&StoredView, Vec<Vec<(i64, Timestamp)>>) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    let number = std::cell::Cell::new(0);
    let case = std::cell::RefCell::new(&mut case);
    let outcome = runner.run(&batches(), |batches| {
        number.set(number.get() + 1);
        (case.borrow_mut())(&view("prj", &format!("v{}", number.get()), &["a"]), batches)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Rows whose value is their number, counted from `first`.
fn numbered(rows: &[(i64, Timestamp)], first: i64) -> WriteBatch {
    let rows = rows.iter().zip(first..);
    batch(
        rows.map(|((id, at), number)| (driver(*id), *at, vec![Value::Int64(number)]))
            .collect(),
    )
}

async fn any_sequence_of_batches_leaves_the_newest_rows(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let runtime = tokio::runtime::Handle::current();
    let case = |view: &StoredView, batches: Vec<Vec<(i64, Timestamp)>>| {
        let mut expected: BTreeMap<i64, (Timestamp, i64)> = BTreeMap::new();
        let mut number = 0;
        for rows in batches {
            runtime
                .block_on(writer.write(view, numbered(&rows, number)))
                .unwrap();
            let mut newest: BTreeMap<i64, (Timestamp, i64)> = BTreeMap::new();
            for (id, at) in rows {
                let best = newest.entry(id).or_insert((at, number));
                if at >= best.0 {
                    *best = (at, number);
                }
                number += 1;
            }
            for (id, (at, number)) in newest {
                let best = expected.entry(id).or_insert((at, number));
                if store.kept(at) >= store.kept(best.0) {
                    *best = (at, number);
                }
            }
        }
        for id in 0..3 {
            let wanted = expected.get(&id);
            let wanted =
                wanted.and_then(|(at, number)| row(store.kept(*at), &[Value::Int64(*number)]));
            prop_assert_eq!(runtime.block_on(read_row(&*reader, view, id)), wanted);
        }
        Ok(())
    };
    tokio::task::block_in_place(|| check_batches(64, case));
}

async fn of_two_racing_writers_the_newest_row_stays(store: &Store) {
    let (one, two) = (store.writer("prj").await, store.writer("prj").await);
    let reader = store.reader("prj").await;
    let runtime = tokio::runtime::Handle::current();
    let case = |view: &StoredView, batches: Vec<Vec<(i64, Timestamp)>>| {
        let mut rows: Vec<(i64, Timestamp)> = Vec::new();
        let mut writes = Vec::new();
        for (index, batch) in batches.into_iter().enumerate() {
            let first = i64::try_from(rows.len()).unwrap();
            let (writer, view) = (
                if index % 2 == 0 { &one } else { &two }.clone(),
                view.clone(),
            );
            let numbered = numbered(&batch, first);
            writes.push(runtime.spawn(async move { writer.write(&view, numbered).await }));
            rows.extend(batch);
        }
        for write in writes {
            runtime.block_on(write).unwrap().unwrap();
        }
        for id in 0..3 {
            let of_driver = || rows.iter().filter(|(driver, _)| *driver == id);
            let newest = of_driver().map(|(_, at)| store.kept(*at)).max();
            let found = runtime.block_on(read_row(&*reader, view, id));
            prop_assert_eq!(found.as_ref().map(|(at, _)| *at), newest);
            if let Some((at, values)) = found {
                let Some(Value::Int64(number)) = values[0] else {
                    panic!("a number was stored");
                };
                let (driver, written_at) = rows[usize::try_from(number).unwrap()];
                prop_assert_eq!((driver, store.kept(written_at)), (id, at), "a torn row");
            }
        }
        Ok(())
    };
    tokio::task::block_in_place(|| check_batches(48, case));
}
