//! `plugin from-feast`: the source text that Feast's registry keeps of an on-demand view becomes a plugin in Python.
//!
//! A view of the mode `python` works as it is; of one of the mode `pandas` the columns, and the text to go by.

mod columns;
mod hints;
mod left_to_do;
mod module;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use feature_model::{OnDemandFeatureView, PluginDigest};
use plugin_build::sdk;
use sha2::{Digest as _, Sha256};

use super::{feastignore, folder};
use crate::{printer::Printer, repository::Repository};

#[derive(Debug, Args)]
pub(super) struct FromFeastArgs {
    /// The on-demand feature view.
    view: String,
    /// The folder to make; plugins/VIEW in the feature repository where it isn't given.
    dir: Option<PathBuf>,
}

/// What runs a view's function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Python,
    Pandas,
}

pub(super) fn run(repo: &Path, args: &FromFeastArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let repository = Repository::open(repo)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the asynchronous runtime")?;
    let project = runtime.block_on(repository.current())?.project;
    let views = &project.on_demand_feature_views;
    let view = views.get(&args.view).ok_or_else(|| {
        let names: Vec<_> = views.keys().map(String::as_str).collect();
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        anyhow!(
            "there is no on-demand feature view `{}`; there is: {names}",
            args.view
        )
    })?;
    let tell = || {
        format!(
            "the on-demand feature view `{}` can't become a plugin",
            view.name
        )
    };
    let mode = mode(view).with_context(tell)?;
    let function = source::function(&view.body_text)
        .map_err(|said| anyhow!(said))
        .with_context(tell)?;
    let columns = columns::of(view, &function).with_context(tell)?;
    let left_to_do = left_to_do::of(&project, view, mode, &function);
    let module = match mode {
        Mode::Python => module::python(view, &function, &columns, &left_to_do),
        Mode::Pandas => module::pandas(view, &function, &columns).with_context(tell)?,
    };
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| below(repo).join("plugins").join(&view.name));
    let binding = binding(repo, &dir, view)?;
    write(&dir, view, &module, &binding)?;
    report(&dir, view, &left_to_do, printer)?;
    feastignore::keep_out(&dir, printer)?;
    next(&dir, &binding, printer)
}

/// The repository's folder, without the `.` of the one that we are in.
fn below(repo: &Path) -> &Path {
    if repo == Path::new(".") {
        Path::new("")
    } else {
        repo
    }
}

fn mode(view: &OnDemandFeatureView) -> anyhow::Result<Mode> {
    if view.body_text.is_empty() {
        bail!("the registry has no source text of it");
    }
    match view.mode.as_str() {
        "python" => Ok(Mode::Python),
        "pandas" | "" => Ok(Mode::Pandas),
        other => bail!("its mode is `{other}`; `python` and `pandas` are known"),
    }
}

fn write(
    dir: &Path,
    view: &OnDemandFeatureView,
    module: &str,
    binding: &str,
) -> anyhow::Result<()> {
    let name = &view.name;
    let readme = include_str!("from_feast/README.md").replace("PLUGIN_NAME", name);
    let requirements = sdk::PYTHON_REQUIREMENTS;
    let own = [
        ("plugin.py", module),
        ("binding.yaml", binding),
        ("README.md", &readme),
        ("requirements.txt", requirements),
        (".gitignore", include_str!("new/gitignore.txt")),
    ];
    let own = own.map(|(path, text)| (path.to_owned(), text));
    folder::write(
        dir,
        own.into_iter()
            .chain(folder::sdk("salver_transform", sdk::PYTHON)),
    )
}

/// The entry of `plugin_bindings`, for a file of definitions.
fn binding(repo: &Path, dir: &Path, view: &OnDemandFeatureView) -> anyhow::Result<String> {
    let (whole, root) = (folder::canonical(dir)?, folder::canonical(repo)?);
    let Ok(folder) = whole.strip_prefix(&root) else {
        bail!(
            "`{}` is outside of the feature repository `{}`, whose definitions name the component by a path below it; name a folder within",
            dir.display(),
            repo.display()
        );
    };
    let folder = folder.display();
    let digest = PluginDigest::new(Sha256::digest(&view.body_text).into());
    let file = whole.file_name().unwrap_or_default().to_string_lossy();
    let path = serde_json::Value::from(format!("{folder}/{file}.wasm"));
    let name = serde_json::Value::from(view.name.as_str());
    Ok(format!(
        "plugin_bindings:\n  - on_demand_feature_view: {name}\n    body_text: {digest}\n    plugin:\n      path: {path}\n      transform: {name}\n"
    ))
}

fn report(
    dir: &Path,
    view: &OnDemandFeatureView,
    left_to_do: &[String],
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let at = dir.display();
    printer.line(format!("made the plugin `{at}` of `{}`", view.name))?;
    for left in left_to_do {
        printer.line(format!("left to do in `{at}/plugin.py`: {left}"))?;
    }
    Ok(())
}

fn next(dir: &Path, binding: &str, printer: &mut Printer) -> anyhow::Result<()> {
    printer.line(format!(
        "next: registry-admin plugin build {}",
        dir.display()
    ))?;
    printer.line("then bind it with this, in a file of definitions:")?;
    printer.line(binding.trim_end())
}
