//! Request bodies: at least a thousand different ones, which ask for every entity.

use crate::bench::random::next;

pub(super) const ENTITIES: usize = 10_000;
const LEAST: usize = 1_000;

/// A body a line, each for so many entities: these are drawn from all, and none a second time before all were drawn.
pub(super) fn bodies(service: &str, join_key: &str, entities: usize) -> String {
    let lines = LEAST.max(ENTITIES / entities);
    let mut deck = Deck::new();
    let line = |_| {
        let ids: Vec<String> = (0..entities).map(|_| deck.draw().to_string()).collect();
        let ids = ids.join(",");
        format!("{{\"feature_service\":\"{service}\",\"entities\":{{\"{join_key}\":[{ids}]}}}}\n")
    };
    (0..lines).map(line).collect()
}

/// All entities in some order, shuffled anew when they are used up.
struct Deck {
    random: u64,
    cards: Vec<usize>,
    drawn: usize,
}

impl Deck {
    fn new() -> Self {
        Self {
            random: 0x5eed,
            cards: (0..ENTITIES).collect(),
            drawn: ENTITIES,
        }
    }

    fn draw(&mut self) -> usize {
        if self.drawn == self.cards.len() {
            self.shuffle();
        }
        self.drawn += 1;
        self.cards[self.drawn - 1]
    }

    /// Fisher and Yates.
    fn shuffle(&mut self) {
        self.drawn = 0;
        for last in (1..self.cards.len()).rev() {
            let among = next(&mut self.random) % (last as u64 + 1);
            self.cards
                .swap(last, usize::try_from(among).unwrap_or(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::{ENTITIES, bodies};

    fn check(entities: usize) {
        let text = bodies("fs_50", "entity_id", entities);
        let lines: HashSet<&str> = text.lines().collect();
        assert!(lines.len() >= 1_000, "{} different ones", lines.len());
        let mut asked = HashSet::new();
        for line in text.lines() {
            let body: Value = serde_json::from_str(line).unwrap();
            assert_eq!(body["feature_service"], "fs_50");
            let ids = body["entities"]["entity_id"].as_array().unwrap();
            assert_eq!(ids.len(), entities);
            asked.extend(ids.iter().map(|id| id.as_u64().unwrap()));
        }
        assert_eq!(asked.len(), ENTITIES);
        assert_eq!(text, bodies("fs_50", "entity_id", entities));
    }

    #[test]
    fn a_thousand_different_bodies_ask_for_every_entity_and_are_the_same_in_every_run() {
        for entities in [1, 10, 50, 100, 150] {
            check(entities);
        }
    }
}
