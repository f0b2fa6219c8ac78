use super::*;
use crate::{read::HashSize, redis_store::connection::Commands};

#[test]
fn commands_are_packed_as_redis_rs_packs_them() {
    let keys = [b"one".to_vec(), vec![b'k'; 300]];
    let features = ["f0".to_owned(), "f1".to_owned()];
    let [a, b] = ["a", "b"].map(|view| Arc::new(PreparedView::new(view, &features)));
    let view = |view, keys| ViewRead { view, keys };
    let project = "prj".parse().unwrap();
    let reads = [view(&a, &keys), view(&b, &keys[1..])];
    for command in [Command::Either, Command::Hmget] {
        let lookup = Lookup::new(&project, &reads, command);
        assert_eq!(lookup.takes_whole(), command == Command::Either);
        let again = lookup.part([(1, true), (0, false)]);
        let ends = Lookup::new(&project, &reads, command).asking_lasts(true);
        // not of what the server is only taking over
        let ends_again = ends.part([(1, true), (0, false)]);
        for (lookup, count) in [(lookup, 2), (again, 3), (ends, 4), (ends_again, 4)] {
            let commands = lookup.commands(0..lookup.len());
            assert_eq!(commands.count(), count);
            assert_eq!(commands.packed(), commands.pipeline().get_packed_pipeline());
        }
    }
}

#[test]
fn a_hash_is_asked_for_as_a_whole_where_much_of_it_is_wanted() {
    let keys = [b"one".to_vec(), b"two".to_vec()];
    let features: Vec<String> = (0..9).map(|index| format!("f{index}")).collect();
    let wanted = Arc::new(PreparedView::new("view", &features));
    let read = ViewRead {
        view: &wanted,
        keys: &keys,
    };
    let project = "prj".parse().unwrap();
    let whole_after = |fields: usize, longest: usize| {
        let size = HashSize { fields, longest };
        (0..100).for_each(|_| wanted.fields_seen().learn(size));
        let lookup = Lookup::new(&project, &[read], Command::Either);
        lookup.hashes.iter().all(|hash| hash.is_whole)
    };
    // the event time is a field, too
    assert!(whole_after(10, 8));
    assert!(whole_after(20, 8));
    assert!(!whole_after(40, 8));
    // Redis finds a name at once in a hash with a long value
    assert!(whole_after(10, 500));
    assert!(!whole_after(20, 500));
}
