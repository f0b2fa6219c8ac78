use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Instant, SystemTime},
};

use access::{
    AccessRules, Denied, Freshness, KeysUnavailable, Missing, Permit, Principal, Resource,
    ResourceKind, Verified, Verifier, VerifyError,
};
use feature_model::{Project, ProjectName, RegistrySnapshot, access::Action};

use super::{Names, Principals, no_objects};
use crate::{authenticate::TokenChecker, names::field};

/// Principals of whom it is remembered that they have some business in a project.
const MOST_ADMITTED: usize = 10_000;

/// Asks the callers of one project who they are, and what its rules say about them.
pub struct Guard {
    project: ProjectName,
    checker: TokenChecker,
    /// Of every snapshot that somebody may be answered from, the newest last.
    books: RwLock<Vec<Arc<Rulebook>>>,
}

/// The rules of one registry snapshot.
#[derive(Debug)]
pub struct Rulebook {
    snapshot: Arc<RegistrySnapshot>,
    rules: AccessRules,
    admitted: Principals<()>,
}

impl Guard {
    /// Guards a project.
    #[must_use]
    pub fn new(project: ProjectName, checker: TokenChecker) -> Self {
        Self {
            project,
            checker,
            books: RwLock::default(),
        }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`VerifyError`] where it isn't taken, or nobody can tell.
    pub fn verify(&self, token: &str) -> Result<Verified, VerifyError> {
        let verifier = &self.checker.verifier;
        verifier.verify(token, SystemTime::now(), Instant::now())
    }

    /// Whether the two check tokens in the same way.
    #[must_use]
    pub fn shares_checker(&self, verifier: &Arc<Verifier>) -> bool {
        Arc::ptr_eq(&self.checker.verifier, verifier)
    }

    /// What checks tokens here.
    #[must_use]
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.checker.verifier
    }

    /// Whether tokens can be checked just now.
    ///
    /// # Errors
    /// [`KeysUnavailable`] where not.
    pub fn check_keys(&self) -> Result<(), KeysUnavailable> {
        self.checker.keyring.check(Instant::now())
    }

    /// How fresh the keys are that tokens are checked with.
    #[must_use]
    pub fn freshness_of_keys(&self) -> Freshness {
        self.checker.keyring.freshness(Instant::now())
    }

    /// Makes the rules of a snapshot ready, before anybody is answered from it. Compiling patterns may take long: not for
    /// the reactor. Those whose text is the same as before are kept.
    pub fn prepare(&self, snapshot: &Arc<RegistrySnapshot>) -> Arc<Rulebook> {
        if let Some(book) = self.known(snapshot) {
            return book;
        }
        let before = self.books().last().cloned();
        let before = before.as_ref().map(|book| book.rules());
        let made = Arc::new(Rulebook::new(&self.project, snapshot, before));
        made.warn();
        let books = self.books.write();
        let mut books = books.unwrap_or_else(PoisonError::into_inner);
        // nobody can ask for the rules of a snapshot that is held here alone
        books.retain(|book| Arc::strong_count(&book.snapshot) > 1);
        books.push(Arc::clone(&made));
        made
    }

    /// The rules of a snapshot that was [prepared](Self::prepare), as all are that are served.
    #[must_use]
    pub fn rules(&self, snapshot: &Arc<RegistrySnapshot>) -> Arc<Rulebook> {
        self.known(snapshot)
            .unwrap_or_else(|| self.prepare(snapshot))
    }

    #[cfg(test)]
    pub(crate) fn is_prepared(&self, snapshot: &Arc<RegistrySnapshot>) -> bool {
        self.known(snapshot).is_some()
    }

    fn known(&self, snapshot: &Arc<RegistrySnapshot>) -> Option<Arc<Rulebook>> {
        let books = self.books();
        let mut newest_first = books.iter().rev();
        let found = newest_first.find(|book| Arc::ptr_eq(&book.snapshot, snapshot));
        found.cloned()
    }

    fn books(&self) -> RwLockReadGuard<'_, Vec<Arc<Rulebook>>> {
        self.books.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rulebook {
    fn new(
        project: &ProjectName,
        snapshot: &Arc<RegistrySnapshot>,
        before: Option<&AccessRules>,
    ) -> Self {
        let objects = snapshot.projects.get(project).unwrap_or(no_objects());
        let bindings = objects.role_bindings.values().cloned();
        let permissions = objects.permissions.values().cloned();
        Self {
            snapshot: Arc::clone(snapshot),
            rules: AccessRules::following(before, project.clone(), bindings, permissions),
            admitted: Principals::new(MOST_ADMITTED),
        }
    }

    fn warn(&self) {
        for warning in self.rules.warnings() {
            tracing::warn!({ field::PROJECT } = %self.rules.project(), "{warning}");
        }
    }

    /// The rules themselves.
    #[must_use]
    pub fn rules(&self) -> &AccessRules {
        &self.rules
    }

    /// Whether the principal has any business in the project.
    #[must_use]
    pub fn admits(&self, principal: &Arc<Principal>) -> bool {
        if self.admitted.get(principal).is_some() {
            return true;
        }
        let admits = self.rules.admits(principal);
        if admits {
            self.admitted.add(principal, ());
        }
        admits
    }

    /// Whether the principal may see the project and all that is in it.
    #[must_use]
    pub fn shows_project(&self, principal: &Principal) -> bool {
        self.rules.shows_everything(principal)
    }

    /// Leave to read what these names mean in the snapshot.
    ///
    /// # Errors
    /// [`Denied`] where anything is missing: the project itself where the principal has no business in it, as somebody
    /// has whose last right went while the body of the request arrived.
    pub(crate) fn permit(
        &self,
        principal: &Arc<Principal>,
        names: &Names,
    ) -> Result<Permit, Denied> {
        if !self.admits(principal) {
            return Err(self.no_business());
        }
        names.wanted(|wanted| {
            self.rules
                .permit_read(principal, Action::ReadOnline, wanted, self.objects())
        })
    }

    fn no_business(&self) -> Denied {
        let project = Resource::new(ResourceKind::Project, self.rules.project().as_str());
        Denied {
            missing: vec![Missing {
                action: Action::ReadOnline,
                object: project.id(),
            }],
            may_be_told: false,
        }
    }

    /// The project's objects.
    #[must_use]
    pub fn objects(&self) -> &Project {
        let objects = self.snapshot.projects.get(self.rules.project());
        objects.unwrap_or(no_objects())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::{Principal, ResourceKind};
    use feature_model::RegistrySnapshot;

    use crate::{authorise::Names, fixture};

    #[test]
    fn who_has_no_business_in_the_project_is_denied_the_project_whatever_the_names() {
        let book = fixture::guard().prepare(&Arc::new(fixture::snapshot()));
        let names = Names::Service("svc".into());
        let denied = book.permit(&Arc::new(Principal::new("nobody")), &names);
        let denied = denied.unwrap_err();
        let [missing] = denied.missing.as_slice() else {
            panic!("{denied}");
        };
        assert_eq!(missing.object.kind, ResourceKind::Project);
        assert_eq!(missing.object.name, fixture::project_name().as_str());
        assert!(!denied.may_be_told);
    }

    #[test]
    fn the_rules_of_a_snapshot_are_made_once_and_kept_as_long_as_somebody_holds_it() {
        let guard = fixture::guard();
        let [first, second, third] = [0; 3].map(|_| Arc::new(RegistrySnapshot::default()));
        let book = guard.prepare(&first);
        guard.prepare(&second);
        assert!(Arc::ptr_eq(&book, &guard.rules(&first)));
        assert!(Arc::ptr_eq(&book, &guard.prepare(&first)));
        drop((book, first));
        guard.prepare(&third);
        assert_eq!(guard.books().len(), 2);
        assert!(guard.known(&second).is_some() && guard.known(&third).is_some());
    }
}
