//! From the folders of the command line to settings that can be used.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use settings::{FeatureStoreConfig, Limits, Loaded, Problem, Problems, Salver};

use crate::{names::field, projects::UnusableRepository};

/// The repositories of the command line.
pub(super) struct Repositories {
    /// Those whose settings can be used; what they say of the process as a whole is taken from the first.
    pub(super) usable: Vec<Loaded>,
    /// The others.
    pub(super) unusable: Vec<UnusableRepository>,
}

impl Repositories {
    /// Reads the settings of all of them. A later one may be wrong without harm for the others.
    ///
    /// # Errors
    /// Where the first one is wrong, as its settings are those of the process, or where a project is there twice.
    pub(super) fn load(
        folders: &[PathBuf],
        environment: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut usable = Vec::with_capacity(folders.len());
        let mut wrong: Vec<(&Path, Problems)> = Vec::new();
        for folder in folders {
            match settings::load_for_gateway(folder, environment) {
                Ok(loaded) => usable.push(loaded),
                Err(problems) => wrong.push((folder, problems)),
            }
        }
        if usable.is_empty()
            || wrong
                .iter()
                .any(|(folder, _)| Some(*folder) == first(folders))
        {
            let mut all = Problems::default();
            wrong.into_iter().for_each(|(_, found)| all.extend(found));
            return Err(all.into());
        }
        check_names(&usable)?;
        let unusable = wrong
            .into_iter()
            .map(|(folder, problems)| UnusableRepository {
                repository: folder.display().to_string(),
                reason: problems.to_string(),
            });
        Ok(Self {
            usable,
            unusable: unusable.collect(),
        })
    }

    /// The one whose settings hold for the process.
    pub(super) fn first(&self) -> Result<&FeatureStoreConfig> {
        let first = self.usable.first();
        Ok(&first.context("no feature repository is given")?.config)
    }

    /// Logs what is doubtful in any of them, and what is wrong in some.
    pub(super) fn tell(&self) -> Result<()> {
        for UnusableRepository { repository, reason } in &self.unusable {
            tracing::error!(
                { field::REPOSITORY } = repository,
                { field::ERROR } = reason,
                "a feature repository can't be used, so its project is not served"
            );
        }
        let warnings = self.usable.iter().flat_map(|loaded| &loaded.warnings);
        warnings.for_each(warn);
        let first = self.first()?;
        for Loaded { config, .. } in self.usable.iter().skip(1) {
            let ignored = of_the_process(&config.salver, &first.salver);
            if !ignored.is_empty() {
                tracing::warn!(
                    { field::PROJECT } = %config.project,
                    settings = ignored.join(", "),
                    "settings that concern the whole process are read from the first repository only"
                );
            }
        }
        Ok(())
    }
}

fn first(folders: &[PathBuf]) -> Option<&Path> {
    folders.first().map(PathBuf::as_path)
}

/// Two repositories of one project would contend for its requests.
fn check_names(usable: &[Loaded]) -> Result<()> {
    let mut names = BTreeSet::new();
    for Loaded { config, .. } in usable {
        ensure!(
            names.insert(&config.project),
            "{}: project `{}` is given twice; give each project one `-c`",
            config.file.display(),
            config.project,
        );
    }
    let Some(Loaded { config, .. }) = usable.first() else {
        return Ok(());
    };
    if let Some(default) = &config.salver.default_project {
        let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
        ensure!(
            names.contains(&default.as_str()),
            "{}: `salver.default_project` is `{default}`, which is not served; name one of `{}`",
            config.file.display(),
            names.join("`, `"),
        );
    }
    Ok(())
}

fn warn(warning: &Problem) {
    let mut place = warning.file.display().to_string();
    if warning.line > 0 {
        place = format!("{place}:{}", warning.line);
    }
    tracing::warn!({ field::PLACE } = place, "{}", warning.message);
}

/// The settings of a later repository that mean something only in the first, where they say something else.
fn of_the_process(later: &Salver, first: &Salver) -> Vec<&'static str> {
    let usual = Salver::default();
    let limits = |part: fn(&Limits) -> u128| {
        differs(
            part(&later.limits),
            part(&first.limits),
            part(&usual.limits),
        )
    };
    let all = [
        (
            "salver.default_project",
            differs(&later.default_project, &first.default_project, &None),
        ),
        (
            "salver.limits.max_connections",
            limits(|limits| limits.max_connections as u128),
        ),
        (
            "salver.limits.header_read_timeout",
            limits(|limits| limits.header_read_timeout.as_nanos()),
        ),
        (
            "salver.limits.idle_timeout",
            limits(|limits| limits.idle_timeout.as_nanos()),
        ),
        (
            "salver.limits.drain_delay",
            limits(|limits| limits.drain_delay.as_nanos()),
        ),
        (
            "salver.limits.drain_timeout",
            limits(|limits| limits.drain_timeout.as_nanos()),
        ),
        ("salver.log", differs(&later.log, &first.log, &usual.log)),
        (
            "salver.metrics",
            differs(&later.metrics, &first.metrics, &usual.metrics),
        ),
        (
            "salver.plugins.trusted_keys",
            differs(
                &later.plugins.trusted_keys,
                &first.plugins.trusted_keys,
                &usual.plugins.trusted_keys,
            ),
        ),
    ];
    let ignored = all.into_iter().filter(|(_, differs)| *differs);
    ignored.map(|(name, _)| name).collect()
}

fn differs<T: PartialEq>(later: T, first: T, usual: T) -> bool {
    later != first && later != usual
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A folder of repositories, by the texts of their `feature_store.yaml`.
    struct Folder {
        folder: TempDir,
        repos: Vec<PathBuf>,
    }

    impl Folder {
        fn of(texts: &[&str]) -> Self {
            let folder = TempDir::new().unwrap();
            let repos = texts.iter().enumerate().map(|(index, text)| {
                let repo = folder.path().join(index.to_string());
                fs::create_dir(&repo).unwrap();
                fs::write(repo.join("feature_store.yaml"), text).unwrap();
                repo
            });
            let repos = repos.collect();
            Self { folder, repos }
        }

        fn load(&self) -> Result<Repositories> {
            assert!(self.folder.path().is_dir());
            Repositories::load(&self.repos, &BTreeMap::new())
        }

        fn refusal(&self) -> String {
            format!("{:#}", self.load().err().unwrap())
        }
    }

    const A: &str = "project: a\nregistry: r.db\n";
    const B: &str = "project: b\nregistry: r.db\n";
    const WRONG: &str = "project: c\nregistry: r.db\nonlinestore: redis\n";

    #[test]
    fn a_later_repository_that_is_wrong_does_not_keep_the_others_out() {
        let loaded = Folder::of(&[A, WRONG, B]).load().unwrap();
        let names = loaded
            .usable
            .iter()
            .map(|loaded| &*loaded.config.project.as_str().to_owned() == "a");
        assert_eq!(names.collect::<Vec<_>>(), [true, false]);
        let [wrong] = &*loaded.unusable else {
            panic!("{:?}", loaded.unusable)
        };
        assert!(wrong.repository.ends_with("/1"), "{wrong:?}");
        assert!(wrong.reason.contains("`online_store`"), "{wrong:?}");
    }

    #[test]
    fn the_first_repository_must_be_right() {
        let told = Folder::of(&[WRONG, A]).refusal();
        assert!(told.contains("`online_store`"), "{told}");
    }

    #[test]
    fn a_project_that_is_given_twice_is_refused() {
        let told = Folder::of(&[A, B, A]).refusal();
        assert!(told.contains("project `a` is given twice"), "{told}");
    }

    #[test]
    fn the_default_must_be_served() {
        let with_default = |name: &str| format!("{A}salver: {{default_project: {name}}}\n");
        let loaded = Folder::of(&[&with_default("b"), B]).load().unwrap();
        let default = loaded.first().unwrap().salver.default_project.clone();
        assert_eq!(default.unwrap().as_str(), "b");
        let told = Folder::of(&[&with_default("c"), B]).refusal();
        assert!(told.contains("`c`, which is not served"), "{told}");
        assert!(told.contains("`a`, `b`"), "{told}");
    }

    #[test]
    fn settings_of_the_process_in_a_later_repository_are_told() {
        let later = format!(
            "{B}salver: {{limits: {{max_connections: 7, max_entities: 3}}, log: {{format: json}}}}\n"
        );
        let loaded = Folder::of(&[A, &later]).load().unwrap();
        let salver = |index: usize| &loaded.usable[index].config.salver;
        assert_eq!(
            of_the_process(salver(1), salver(0)),
            ["salver.limits.max_connections", "salver.log"]
        );
        assert_eq!(of_the_process(salver(1), salver(1)), [""; 0]);
    }
}
