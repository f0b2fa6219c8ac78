use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use access::Principal;
use foldhash::fast::RandomState;

/// What was found out of principals, of at most `most`; with more, all is forgotten.
///
/// They are known by where they are in memory: a token that is remembered has one principal as long as it is, and
/// nothing has to be hashed. Two equal ones are two, which costs a decision more.
#[derive(Debug)]
pub(crate) struct Principals<T> {
    most: usize,
    known: RwLock<HashMap<usize, (Arc<Principal>, T), RandomState>>,
}

impl<T: Copy> Principals<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            known: RwLock::default(),
        }
    }

    pub(crate) fn get(&self, principal: &Arc<Principal>) -> Option<T> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&address(principal)).map(|(_, found)| *found)
    }

    /// Keeps the principal as well, so that its place is nobody else's meanwhile.
    pub(crate) fn add(&self, principal: &Arc<Principal>, found: T) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= self.most {
            known.clear();
        }
        known.insert(address(principal), (Arc::clone(principal), found));
    }
}

fn address(principal: &Arc<Principal>) -> usize {
    Arc::as_ptr(principal).addr()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::Principal;

    use super::Principals;

    #[test]
    fn what_was_found_out_of_one_is_not_believed_of_another() {
        let principals = Principals::new(2);
        let one = Arc::new(Principal::new("a"));
        principals.add(&one, true);
        assert_eq!(principals.get(&one), Some(true));
        assert_eq!(principals.get(&Arc::new(Principal::new("a"))), None);
    }

    #[test]
    fn a_principal_stays_where_it_is_as_long_as_it_is_known() {
        let principals = Principals::new(1_000);
        for n in 0..1_000 {
            let one = Arc::new(Principal::new(n.to_string()));
            assert_eq!(principals.get(&one), None, "{n}");
            principals.add(&one, ());
        }
    }

    #[test]
    fn the_number_is_bounded() {
        let principals = Principals::new(2);
        let all = ["a", "b", "c"].map(Principal::new).map(Arc::new);
        all.iter().for_each(|one| principals.add(one, ()));
        assert_eq!(principals.get(&all[0]), None);
        assert_eq!(principals.get(&all[2]), Some(()));
    }
}
