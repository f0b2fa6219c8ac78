use std::sync::Arc;

use arrow::array::AsArray as _;
use futures::TryStreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory};

use super::{CHUNK_BYTES, Layout, footer, rows};
use crate::{location::File, scan::Rows};

async fn stored(text: Vec<u8>) -> (Arc<dyn ObjectStore>, File) {
    let store = InMemory::new();
    store.put(&"a.csv".into(), text.into()).await.unwrap();
    let file = File {
        meta: store.head(&"a.csv".into()).await.unwrap(),
        local: None,
        name: "memory:///a.csv".to_owned(),
    };
    (Arc::new(store), file)
}

/// All rows, of which the columns `read` are read.
async fn read(text: Vec<u8>, read: &[&str]) -> Vec<Rows> {
    let (store, file) = stored(text).await;
    let schema = footer(store.as_ref(), &file).await.unwrap().schema;
    let layout = Layout::new(&schema, read, &["id", "note"]);
    rows(&store, &file, layout).try_collect().await.unwrap()
}

fn told(rows: &Rows) -> Vec<(usize, &str)> {
    let told = rows.unreadable.iter();
    told.map(|(row, reason)| (*row, reason.as_str())).collect()
}

fn texts(rows: &Rows, column: usize) -> Vec<Option<&str>> {
    rows.batch
        .column(column)
        .as_string::<i32>()
        .iter()
        .collect()
}

#[tokio::test]
async fn what_is_no_row_is_told_of_and_keeps_its_number() {
    let text = b"id,note,other\n1,a,b\n2,c\n3,d,e,f\n4,\xff,g\n5,,\xff\n".to_vec();
    let batches = read(text, &["note", "id", "missing"]).await;
    let rows = &batches[0];
    assert_eq!(rows.numbers, [0, 1, 2, 3, 4]);
    assert_eq!(
        told(rows),
        [
            (1, "2 fields where the header line has 3"),
            (2, "4 fields where the header line has 3"),
            (3, "`note`: the bytes are no UTF-8 text"),
        ]
    );
    assert_eq!(rows.batch.num_columns(), 2);
    assert_eq!(texts(rows, 0), [Some("a"), None, None, None, None]);
    assert_eq!(
        texts(rows, 1),
        [Some("1"), None, None, Some("4"), Some("5")]
    );
}

#[tokio::test]
async fn a_long_file_of_an_object_store_is_read_in_chunks() {
    let mut text = b"\xef\xbb\xbfid,note\r\n".to_vec();
    let mut count = 0;
    while text.len() < 2 * CHUNK_BYTES + 100 {
        text.extend(format!("{count},\"line\r\n{count}\"\r\n").as_bytes());
        count += 1;
    }
    text.extend(b"last,\"no end");
    let batches = read(text, &["id", "note"]).await;
    let numbers = batches.iter().flat_map(|rows| rows.numbers.clone());
    assert!(numbers.eq(0..=count));
    let mut ids = batches.iter().flat_map(|rows| texts(rows, 0));
    let mut notes = batches.iter().flat_map(|rows| texts(rows, 1));
    for number in 0..count {
        assert_eq!(ids.next(), Some(Some(number.to_string().as_str())));
        let note = format!("line\r\n{number}");
        assert_eq!(notes.next(), Some(Some(note.as_str())));
    }
    assert_eq!((ids.next(), ids.next()), (Some(Some("last")), None));
    assert!(batches.iter().all(|rows| rows.unreadable.is_empty()));
}
