//! What is kept, checked against a simple model: a store of version numbers, news of it that come late or never, loads
//! that end in any order or fail, keys that end by themselves, and readers that ask one thing after the other. Time is a
//! number.

mod world;

use proptest::prelude::*;

use self::world::World;

/// What happens next. Numbers that choose something count around.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody writes a row.
    Write { key: usize, view: usize },
    /// Somebody empties the store.
    Flush,
    /// A reader asks for some keys of some views, unless it waits already.
    Read {
        reader: usize,
        views: usize,
        keys: usize,
        is_current: bool,
    },
    /// Somebody has a key end by itself, after so many milliseconds.
    End { key: usize, millis: u64 },
    /// Somebody has a key end no more.
    Persist { key: usize },
    /// The store answers a load. It may be that it doesn't say when keys end.
    Execute { load: usize, tells_ends: bool },
    /// The answer to a load arrives.
    Land(usize),
    /// A load fails.
    Fail(usize),
    /// The store is asked whether it still tells of changes.
    Ping,
    /// So many of the news arrive.
    Deliver(usize),
    /// The connection for news breaks.
    Cut,
    /// That is noticed.
    Notice,
    /// There is a new connection for news.
    Reconnect,
    /// So many milliseconds pass.
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = || 0_usize..64;
    let read = (any(), 1_usize..4, 1_usize..8, prop::bool::weighted(0.15));
    let step = prop_oneof![
        6 => (any(), any()).prop_map(|(key, view)| Step::Write { key, view }),
        1 => Just(Step::Flush),
        12 => read.prop_map(|(reader, views, keys, is_current)| Step::Read { reader, views, keys, is_current }),
        3 => (any(), 1_u64..1_500).prop_map(|(key, millis)| Step::End { key, millis }),
        1 => any().prop_map(|key| Step::Persist { key }),
        10 => (any(), prop::bool::weighted(0.9)).prop_map(|(load, tells_ends)| Step::Execute { load, tells_ends }),
        10 => any().prop_map(Step::Land),
        1 => any().prop_map(Step::Fail),
        5 => Just(Step::Ping),
        8 => (1_usize..6).prop_map(Step::Deliver),
        1 => Just(Step::Cut),
        2 => Just(Step::Notice),
        3 => Just(Step::Reconnect),
        4 => (1_u64..700).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_row_is_told_past_its_end_or_its_bound_or_after_a_newer_one(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.come_to_rest();
    }
}
