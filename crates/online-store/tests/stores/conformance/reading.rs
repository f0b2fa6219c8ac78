use std::time::Duration;

use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, Value};
use online_store::{Error, ReadOptions, StoredView, ViewRead, WriteBatch, WriteReport};

use tokio::time::Instant;

use super::for_both_stores;
use crate::{
    rows::{
        batch, decoded, driver, read_row, row, seconds, try_read, try_read_with, view, write_row,
    },
    store::Store,
};

for_both_stores!(
    what_was_written_is_read,
    keys_without_a_row_are_absent,
    a_view_that_was_never_written_has_no_rows,
    a_null_is_stored_and_a_feature_added_later_is_not,
    a_subset_of_the_features_comes_in_the_order_asked,
    many_views_share_keys_in_one_read,
    several_join_keys_and_none,
    an_epoch_row_exists,
    empty_reads_and_batches_do_nothing,
    a_read_is_done_within_its_time_or_not_at_all,
    ten_thousand_keys_in_one_read,
    a_batch_that_does_not_fit_its_view_is_refused,
    projects_do_not_see_each_other,
    names_with_odd_characters_work,
);

async fn what_was_written_is_read(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["rate", "trips"]);
    writer.prepare(&stats).await.unwrap();
    let values = [Value::Float(0.5), Value::Int64(7)];
    let report = write_row(&*writer, &stats, 1001, seconds(1_700_000_000), &values).await;
    assert_eq!(
        report,
        WriteReport {
            written: 1,
            stale: 0
        }
    );
    let found = read_row(&*reader, &stats, 1001).await;
    assert_eq!(found, row(seconds(1_700_000_000), &values));
    reader.ping().await.unwrap();
}

async fn keys_without_a_row_are_absent(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["trips"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    let keys = [driver(0), driver(1), driver(2)];
    let rows = try_read(&*reader, &stats, &keys).await.unwrap();
    assert_eq!(rows, [None, row(seconds(1), &[Value::Int64(1)]), None]);
}

async fn a_view_that_was_never_written_has_no_rows(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let (stats, other) = (view("prj", "stats", &["a"]), view("prj", "other", &["a"]));
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert_eq!(read_row(&*reader, &other, 1).await, None);
}

async fn a_null_is_stored_and_a_feature_added_later_is_not(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let before = view("prj", "stats", &["a", "b"]);
    write_row(
        &*writer,
        &before,
        1,
        seconds(1),
        &[Value::Null, Value::Int64(2)],
    )
    .await;
    let after = view("prj", "stats", &["a", "b", "c"]);
    let (time, values) = read_row(&*reader, &after, 1).await.unwrap();
    assert_eq!(time, seconds(1));
    assert_eq!(values, [Some(Value::Null), Some(Value::Int64(2)), None]);
}

async fn a_subset_of_the_features_comes_in_the_order_asked(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a", "b", "c"]);
    let values = [Value::Int64(1), Value::Int64(2), Value::Int64(3)];
    write_row(&*writer, &stats, 1, seconds(1), &values).await;
    let asked = view("prj", "stats", &["c", "a", "c"]);
    let expected = [Value::Int64(3), Value::Int64(1), Value::Int64(3)];
    assert_eq!(
        read_row(&*reader, &asked, 1).await,
        row(seconds(1), &expected)
    );
    let none = view("prj", "stats", &[]);
    assert_eq!(read_row(&*reader, &none, 1).await, row(seconds(1), &[]));
}

async fn many_views_share_keys_in_one_read(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let views: Vec<StoredView> = (0..5)
        .map(|index| view("prj", &format!("view_{index}"), &["a", "b"]))
        .collect();
    // View number n has the drivers whose number n divides.
    for (index, view) in (1..).zip(&views) {
        let ids = (0..20).filter(|id| id % index == 0);
        let values = |id: i64| vec![Value::Int64(id), Value::Int64(index)];
        let rows = ids
            .map(|id| (driver(id), seconds(id), values(id)))
            .collect();
        writer.write(view, batch(rows)).await.unwrap();
    }
    let keys: Vec<Vec<Vec<u8>>> = (0..5)
        .map(|skip| (skip..20).map(driver).collect())
        .collect();
    let prepared: Vec<_> = views
        .iter()
        .map(|view| reader.prepare(&view.name, &view.features))
        .collect();
    let reads: Vec<ViewRead<'_>> = prepared
        .iter()
        .zip(&keys)
        .map(|(view, keys)| ViewRead { view, keys })
        .collect();
    let answer = reader
        .read(&reads, ReadOptions::default())
        .await
        .unwrap()
        .rows;
    for (index, rows) in (1_i64..).zip(answer.iter()) {
        assert_eq!(rows.len(), usize::try_from(21 - index).unwrap());
        for (id, found) in (index - 1..20).zip(rows.iter()) {
            let values = [Value::Int64(id), Value::Int64(index)];
            let expected = if id % index == 0 {
                row(seconds(id), &values)
            } else {
                None
            };
            assert_eq!(decoded(found), expected, "driver {id} in view {index}");
        }
    }
}

async fn several_join_keys_and_none(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let (driver, customer) = (Value::Int64(1), Value::String("é\0".to_owned()));
    let pair = [("driver_id", &driver), ("customer", &customer)];
    let dummy = Value::String(String::new());
    for (name, pairs) in [("both", &pair[..]), ("alone", &[("__dummy_id", &dummy)])] {
        let mut stats = view("prj", name, &["a"]);
        stats.join_keys = pairs.iter().map(|(name, _)| (*name).to_owned()).collect();
        let key = encode_entity_key(EntityKeyVersion::V3, pairs).unwrap();
        let values = vec![Value::String(name.to_owned())];
        let rows = batch(vec![(key.clone(), seconds(5), values.clone())]);
        writer.write(&stats, rows).await.unwrap();
        let found = try_read(&*reader, &stats, &[key]).await.unwrap();
        assert_eq!(found, [row(seconds(5), &values)]);
    }
}

async fn an_epoch_row_exists(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(0), &[Value::Int64(1)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(0), &[Value::Int64(1)])
    );
}

async fn empty_reads_and_batches_do_nothing(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let nothing = WriteBatch {
        columns: vec![Vec::new()],
        ..WriteBatch::default()
    };
    let report = writer.write(&stats, nothing).await.unwrap();
    assert_eq!(report, WriteReport::default());
    let found = reader.read(&[], ReadOptions::default()).await.unwrap();
    assert_eq!(found.rows.views(), 0);
    assert!(try_read(&*reader, &stats, &[]).await.unwrap().is_empty());
    assert!(!writer.has_data(&stats).await.unwrap());
}

async fn a_read_is_done_within_its_time_or_not_at_all(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let values = [Value::Int64(1)];
    write_row(&*writer, &stats, 1, seconds(1), &values).await;
    let keys = [driver(1)];
    let until = |deadline| ReadOptions {
        deadline: Some(deadline),
        ..ReadOptions::default()
    };
    let in_time = until(Instant::now() + Duration::from_secs(20));
    let found = try_read_with(&*reader, &stats, &keys, in_time).await;
    assert_eq!(found.unwrap(), [row(seconds(1), &values)]);
    for keys in [&keys[..], &(0..1_000).map(driver).collect::<Vec<_>>()] {
        let late = until(Instant::now());
        let error = try_read_with(&*reader, &stats, keys, late).await;
        assert!(matches!(error, Err(Error::Late { .. })), "{error:?}");
    }
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &values)
    );
}

async fn ten_thousand_keys_in_one_read(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a", "b"]);
    let values = |id: i64| vec![Value::Int64(id), Value::Double(0.5)];
    let rows = (0..10_000).map(|id| (driver(id), seconds(id), values(id)));
    let report = writer.write(&stats, batch(rows.collect())).await.unwrap();
    assert_eq!(
        report,
        WriteReport {
            written: 10_000,
            stale: 0
        }
    );
    let keys: Vec<Vec<u8>> = (0..10_001).rev().map(driver).collect();
    let rows = try_read(&*reader, &stats, &keys).await.unwrap();
    assert_eq!(rows[0], None);
    for (id, found) in (0..10_000).rev().zip(&rows[1..]) {
        assert_eq!(*found, row(seconds(id), &values(id)));
    }
}

async fn a_batch_that_does_not_fit_its_view_is_refused(store: &Store) {
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a", "b"]);
    let narrow = batch(vec![(driver(1), seconds(1), vec![Value::Int64(1)])]);
    let mut short = batch(vec![(
        driver(1),
        seconds(1),
        vec![Value::Null, Value::Null],
    )]);
    short.event_timestamps.clear();
    for wrong in [narrow, short] {
        let error = writer.write(&stats, wrong).await.unwrap_err();
        assert!(
            matches!(error, online_store::Error::Config { .. }),
            "{error}"
        );
    }
}

async fn projects_do_not_see_each_other(store: &Store) {
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    let other = store.reader("xprj").await;
    assert_eq!(
        read_row(&*other, &view("xprj", "stats", &["a"]), 1).await,
        None
    );
}

async fn names_with_odd_characters_work(store: &Store) {
    let (writer, reader) = (store.writer("my-prj").await, store.reader("my-prj").await);
    let stats = view(
        "my-prj",
        "1-view's \"stats\"",
        &["it's", "\"b\"", "ü \\ %?*[", ""],
    );
    let values = [
        Value::Int64(1),
        Value::Int64(2),
        Value::Int64(3),
        Value::Int64(4),
    ];
    write_row(&*writer, &stats, 1, seconds(1), &values).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &values)
    );
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
    assert_eq!(read_row(&*reader, &stats, 1).await, None);
}
