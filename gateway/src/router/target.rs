/// What a path of a project begins with.
pub(super) const PROJECTS: &str = "/projects/";

/// Where a request goes, as metrics and logs tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// The one that all others are there for.
    GetOnlineFeatures,
    /// The process lives.
    Health,
    /// The process should get traffic.
    Ready,
    /// What is served, for programs.
    OpenApi,
    /// What was counted.
    Metrics,
    /// Nowhere.
    Unmatched,
}

impl Route {
    const SERVED: [Self; 5] = [
        Self::GetOnlineFeatures,
        Self::Health,
        Self::Ready,
        Self::OpenApi,
        Self::Metrics,
    ];

    /// The path of the route, without a project; `unmatched` for none.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::GetOnlineFeatures => "/get-online-features",
            Self::Health => "/health",
            Self::Ready => "/ready",
            Self::OpenApi => "/openapi.json",
            Self::Metrics => "/metrics",
            Self::Unmatched => "unmatched",
        }
    }

    /// Whether what is asked for there is a project's.
    #[must_use]
    pub fn is_of_a_project(self) -> bool {
        match self {
            Self::GetOnlineFeatures => true,
            Self::Health | Self::Ready | Self::OpenApi | Self::Metrics | Self::Unmatched => false,
        }
    }
}

/// What a path says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'p> {
    /// Where it leads.
    pub route: Route,
    /// The project that it names, as it stands there.
    pub project: Option<&'p str>,
}

impl<'p> Target<'p> {
    /// Takes a path apart.
    #[must_use]
    pub fn of(path: &'p str) -> Self {
        let (project, rest) = match path.strip_prefix(PROJECTS) {
            Some(below) => match below.find('/') {
                // a name that isn't there is one that no project has
                Some(end) => (Some(&below[..end]), &below[end..]),
                None => (None, path),
            },
            None => (None, path),
        };
        let served = Route::SERVED
            .into_iter()
            .find(|route| route.path() == rest && (project.is_none() || route.is_of_a_project()));
        match served {
            Some(route) => Self { route, project },
            None => Self {
                route: Route::Unmatched,
                project: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(route: Route, project: Option<&str>) -> Target<'_> {
        Target { route, project }
    }

    #[test]
    fn a_route_of_projects_is_found_plain_and_below_a_project() {
        let features = Route::GetOnlineFeatures;
        assert_eq!(Target::of("/get-online-features"), target(features, None));
        for name in ["demo", "a%2Db", "no such", "{project}", ""] {
            let path = format!("/projects/{name}/get-online-features");
            assert_eq!(Target::of(&path), target(features, Some(name)));
        }
    }

    #[test]
    fn what_belongs_to_the_process_is_not_below_a_project() {
        assert_eq!(Target::of("/health"), target(Route::Health, None));
        for path in [
            "/projects/demo/health",
            "/projects/demo/metrics",
            "/projects/demo",
            "/projects/demo/",
            "/projects/get-online-features",
            "/projects/a/b/get-online-features",
            "/projects/",
            "/get-online-features/",
            "",
        ] {
            assert_eq!(Target::of(path), target(Route::Unmatched, None), "{path}");
        }
    }
}
