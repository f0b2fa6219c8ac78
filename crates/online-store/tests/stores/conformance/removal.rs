use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, Value};

use super::for_both_stores;
use crate::{
    rows::{batch, driver, read_row, row, seconds, view, write_row},
    store::Store,
};

for_both_stores!(
    removing_a_view_leaves_the_others,
    removing_a_view_leaves_other_projects,
    removing_a_view_leaves_views_with_other_join_keys,
    a_view_is_there_until_it_is_removed,
    removing_what_is_not_there_removes_nothing,
    a_removed_view_can_be_written_again,
    many_rows_are_removed,
);

async fn removing_a_view_leaves_the_others(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let (a, b) = (view("prj", "a", &["x", "y"]), view("prj", "b", &["x"]));
    let values = [Value::Int64(1), Value::Int64(2)];
    write_row(&*writer, &a, 1, seconds(1), &values).await;
    write_row(&*writer, &a, 2, seconds(1), &values).await;
    write_row(&*writer, &b, 2, seconds(1), &values[..1]).await;
    assert_eq!(writer.remove_view(&a).await.unwrap(), 2);
    assert_eq!(read_row(&*reader, &a, 1).await, None);
    assert_eq!(read_row(&*reader, &a, 2).await, None);
    assert_eq!(
        read_row(&*reader, &b, 2).await,
        row(seconds(1), &values[..1])
    );
}

async fn removing_a_view_leaves_other_projects(store: &Store) {
    for project in ["prj", "xprj", "prjx"] {
        let writer = store.writer(project).await;
        let stats = view(project, "stats", &["a"]);
        write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    }
    let (writer, stats) = (store.writer("prj").await, view("prj", "stats", &["a"]));
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
    for (project, there) in [("prj", false), ("xprj", true), ("prjx", true)] {
        let reader = store.reader(project).await;
        let found = read_row(&*reader, &view(project, "stats", &["a"]), 1).await;
        assert_eq!(found.is_some(), there, "{project}");
    }
}

async fn removing_a_view_leaves_views_with_other_join_keys(store: &Store) {
    let writer = store.writer("prj").await;
    let mut other = view("prj", "other", &["a"]);
    other.join_keys = vec!["driver_id_2".to_owned()];
    let pairs = [("driver_id_2", &Value::Int64(1))];
    let key = encode_entity_key(EntityKeyVersion::V3, &pairs).unwrap();
    let rows = batch(vec![(key, seconds(1), vec![Value::Int64(1)])]);
    writer.write(&other, rows).await.unwrap();
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
    assert!(writer.has_data(&other).await.unwrap());
}

async fn a_view_is_there_until_it_is_removed(store: &Store) {
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    writer.prepare(&stats).await.unwrap();
    assert!(!writer.has_data(&stats).await.unwrap());
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Null]).await;
    assert!(writer.has_data(&stats).await.unwrap());
    assert!(!writer.has_data(&view("prj", "stat", &["a"])).await.unwrap());
    writer.remove_view(&stats).await.unwrap();
    assert!(!writer.has_data(&stats).await.unwrap());
}

async fn removing_what_is_not_there_removes_nothing(store: &Store) {
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    assert!(!writer.has_data(&stats).await.unwrap());
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 0);
}

async fn a_removed_view_can_be_written_again(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(9), &[Value::Int64(9)]).await;
    assert!(read_row(&*reader, &stats, 1).await.is_some());
    writer.remove_view(&stats).await.unwrap();
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(1)])
    );
}

async fn many_rows_are_removed(store: &Store) {
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    let rows = (0..5_000).map(|id| (driver(id), seconds(1), vec![Value::Int64(id)]));
    writer.write(&stats, batch(rows.collect())).await.unwrap();
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 5_000);
    assert!(!writer.has_data(&stats).await.unwrap());
}
