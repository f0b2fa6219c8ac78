//! The projects of this process, and which of them a request is about.
//!
//! A request names a project in its path (`/projects/{project}/...`) or in the header `Salver-Project`. One that names
//! none is for the only project, or for `salver.default_project`. Nothing here reads a body, and a request for
//! a project that is served allocates nothing for being matched with it.

mod addressed;

use std::{collections::HashMap, sync::Arc};

use feature_model::ProjectName;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::{error::ApiError, nearest::nearest, project::ServedProject, turns};
pub use addressed::Addressed;

/// Request header that names a project, where the path doesn't.
pub const PROJECT_HEADER: HeaderName = HeaderName::from_static("salver-project");

/// What this process serves, never empty.
#[derive(Debug)]
pub struct Projects {
    /// In the order of the command line.
    served: Vec<Arc<ServedProject>>,
    by_name: HashMap<ProjectName, Arc<ServedProject>>,
    /// For requests that name none.
    default: Option<Arc<ServedProject>>,
    unusable: Vec<UnusableRepository>,
}

/// A repository of the command line whose settings are wrong, so that nobody knows its project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnusableRepository {
    /// Its folder.
    pub repository: String,
    /// What is wrong with its settings.
    pub reason: String,
}

impl Projects {
    /// Serves `first` and `others`, whose names differ. A request that names none is for `default`, or for the only
    /// one there is.
    #[must_use]
    pub fn new(
        first: Arc<ServedProject>,
        others: Vec<Arc<ServedProject>>,
        default: Option<&ProjectName>,
    ) -> Self {
        let served: Vec<_> = std::iter::once(first).chain(others).collect();
        let limits = served.iter().map(|project| &project.config.salver.limits);
        let max_queue_times: Vec<_> = limits.map(|limits| limits.max_queue_time).collect();
        for (project, lane) in served.iter().zip(turns::lanes(&max_queue_times)) {
            // a project is served by one process, and has one lane
            let _ = project.lane.set(lane);
        }
        let by_name = served
            .iter()
            .map(|project| (project.name.clone(), Arc::clone(project)));
        let by_name: HashMap<_, _> = by_name.collect();
        let default = match (default, &*served) {
            (Some(name), _) => by_name.get(name).cloned(),
            (None, [only]) => Some(Arc::clone(only)),
            (None, _) => None,
        };
        Self {
            served,
            by_name,
            default,
            unusable: Vec::new(),
        }
    }

    /// The same, with what is told of repositories that can't be served.
    #[must_use]
    pub fn beside(self, unusable: Vec<UnusableRepository>) -> Self {
        Self { unusable, ..self }
    }

    /// The repositories of the command line that can't be served.
    #[must_use]
    pub fn unusable(&self) -> &[UnusableRepository] {
        &self.unusable
    }

    /// The one whose settings hold for the process.
    #[must_use]
    pub fn first(&self) -> &Arc<ServedProject> {
        self.served.first().expect("a process serves a project")
    }

    /// All of them, in the order of the command line.
    #[must_use]
    pub fn all(&self) -> &[Arc<ServedProject>] {
        &self.served
    }

    /// Which project a request is about, by the project that its path names, as it stands there, and by its headers.
    #[must_use]
    pub fn addressed(&self, in_path: Option<&str>, headers: &HeaderMap) -> Addressed {
        let mut in_header = headers.get_all(PROJECT_HEADER).into_iter();
        match (in_path, in_header.next(), in_header.next()) {
            (_, Some(_), Some(_)) => Addressed::Twice,
            (None, None, _) => match &self.default {
                Some(project) => Addressed::Served(Arc::clone(project)),
                None => Addressed::Unnamed,
            },
            (Some(path), None, _) => self.in_path(path),
            (None, Some(header), None) => self.named(header.as_bytes()),
            (Some(path), Some(header), None) => self.in_both(path, header),
        }
    }

    /// The project that a request is about.
    ///
    /// # Errors
    /// Where it names none that is served, or contradicts itself.
    pub fn project<'a>(
        &self,
        addressed: &'a Addressed,
    ) -> Result<&'a Arc<ServedProject>, ApiError> {
        match addressed {
            Addressed::Served(project) => Ok(project),
            Addressed::Unknown(name) => {
                let known = self.served.iter().map(|project| project.name.as_str());
                Err(ApiError::unknown_project(
                    name,
                    nearest(name, known).as_deref(),
                ))
            }
            Addressed::Unnamed => Err(ApiError::unnamed_project()),
            Addressed::Twice => Err(ApiError::invalid_header(
                "header `Salver-Project` is given twice; name one project".to_owned(),
            )),
            Addressed::Contradictory => Err(ApiError::invalid_header(
                "header `Salver-Project` names another project than the path; leave the header out"
                    .to_owned(),
            )),
        }
    }

    fn in_both(&self, path: &str, header: &HeaderValue) -> Addressed {
        let addressed = self.in_path(path);
        let is_same = match &addressed {
            Addressed::Served(project) => project.name.as_str().as_bytes() == header.as_bytes(),
            Addressed::Unknown(name) => name.as_bytes() == header.as_bytes(),
            _ => false,
        };
        if is_same {
            addressed
        } else {
            Addressed::Contradictory
        }
    }

    /// A name as it stands in a path, which may be percent-encoded though no project's name needs it.
    fn in_path(&self, name: &str) -> Addressed {
        if name.contains('%') {
            self.named(&addressed::decoded(name))
        } else {
            self.named(name.as_bytes())
        }
    }

    fn named(&self, name: &[u8]) -> Addressed {
        let served = std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.by_name.get(name));
        match served {
            Some(project) => Addressed::Served(Arc::clone(project)),
            None => Addressed::unknown(name),
        }
    }
}
