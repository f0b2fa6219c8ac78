//! `init`: the feature repository of Feast's docs, made new.

mod driver_stats;

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use feature_model::{Timestamp, check_name};

use crate::printer::Printer;

const FILES: [(&str, &str); 7] = [
    (
        "feature_store.yaml",
        include_str!("init/feature_store.yaml"),
    ),
    (
        "features/entities.yaml",
        include_str!("init/features/entities.yaml"),
    ),
    (
        "features/data_sources.yaml",
        include_str!("init/features/data_sources.yaml"),
    ),
    (
        "features/feature_views.yaml",
        include_str!("init/features/feature_views.yaml"),
    ),
    (
        "features/on_demand_feature_views.yaml",
        include_str!("init/features/on_demand_feature_views.yaml"),
    ),
    (
        "features/feature_services.yaml",
        include_str!("init/features/feature_services.yaml"),
    ),
    (".gitignore", include_str!("init/gitignore")),
];
/// The plugin that computes the on-demand view: a copy of `plugins/driver_conv_rate`.
const PLUGIN: (&str, &[u8]) = (
    "plugins/driver_conv_rate.wasm",
    include_bytes!("../../plugins/driver_conv_rate/driver_conv_rate.wasm"),
);
const PROJECT_PLACEHOLDER: &str = "%PROJECT_NAME%";

/// Makes the folder with its files and data.
///
/// # Errors
/// Where the folder exists and isn't empty, its name can't be a project's, or a file can't be written.
pub(crate) fn run(dir: &Path, printer: &mut Printer) -> anyhow::Result<()> {
    let project = project_name(dir)?;
    refuse_to_overwrite(dir)?;
    for (name, text) in FILES {
        write(&dir.join(name), text.replace(PROJECT_PLACEHOLDER, &project))?;
    }
    let (name, component) = PLUGIN;
    write(&dir.join(name), component)?;
    let data = dir.join("data").join("driver_stats.parquet");
    create_parent(&data)?;
    offline_store::write_parquet(&data, &driver_stats::columns(Timestamp::now()))
        .with_context(|| format!("could not write `{}`", data.display()))?;
    let at = dir.display();
    printer.line(format!(
        "made the feature repository `{at}` of project `{project}`"
    ))?;
    printer.line(format!("next: cd {at} && registry-admin apply"))
}

/// The folder's name, with `_` for what the name of a project in a SQLite store can't hold (`-` too).
fn project_name(dir: &Path) -> anyhow::Result<String> {
    let absolute = std::path::absolute(dir)
        .with_context(|| format!("could not tell where `{}` is", dir.display()))?;
    let Some(folder) = absolute.file_name().and_then(|name| name.to_str()) else {
        bail!(
            "`{}` has no name that a project could take; name a new folder",
            dir.display()
        );
    };
    let name: String = folder
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let name = name.trim_start_matches('_');
    check_name(name).with_context(|| {
        format!("the project is named after the folder, and `{folder}` makes no valid name")
    })?;
    Ok(name.to_owned())
}

fn refuse_to_overwrite(dir: &Path) -> anyhow::Result<()> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("could not look into `{}`", dir.display()))
        }
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!("`{}` isn't empty; name a new folder", dir.display()),
        },
    }
}

fn write(path: &Path, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
    create_parent(path)?;
    fs::write(path, contents).with_context(|| format!("could not write `{}`", path.display()))
}

fn create_parent(path: &Path) -> anyhow::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("could not make `{}`", parent.display()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_project_is_named_after_the_folder() {
        for (folder, project) in [
            ("/tmp/my project", "my_project"),
            ("a/_b.c", "b_c"),
            ("x-1", "x_1"),
        ] {
            assert_eq!(super::project_name(Path::new(folder)).unwrap(), project);
        }
        assert!(super::project_name(Path::new("/")).is_err());
        assert!(super::project_name(Path::new("/tmp/___")).is_err());
    }
}
