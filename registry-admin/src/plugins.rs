//! The plugins of definitions: their components are found, compiled, asked for their columns and tried; what doesn't
//! fit is told with file and line.

mod columns;
mod components;
mod precompile;

use std::collections::BTreeSet;

use feature_model::{
    ObjectId, ObjectKind, OnDemandFeatureView, PluginBinding, PluginDigest, Project,
};
use plugin_host::{CallError, Host, HostOptions, Limits, Plugin, PluginOptions};
use settings::{CallLimits, Problem, Problems, did_you_mean};
use sha2::{Digest as _, Sha256};

pub(crate) use components::{Component, Components, read, upload};
pub(crate) use precompile::{Precompile, precompile};

use crate::{
    definitions::{Definitions, PluginDefinition},
    printer::note,
    repository::Repository,
};
use columns::{Mismatch, Place, mismatches};
use components::Compiled;

/// What the registry holds of a project, as far as plugins concern it.
#[derive(Clone, Copy)]
pub(crate) struct Registered<'r> {
    pub(crate) project: &'r Project,
    pub(crate) managed: &'r BTreeSet<ObjectId>,
}

/// Binds each plugin that the definitions have to its component, which the definitions' project then tells. Gives
/// the components, and everything that doesn't fit.
///
/// # Errors
/// Where no host of plugins can be set up.
pub(crate) async fn bind(
    repository: &Repository,
    definitions: &mut Definitions,
    registered: Registered<'_>,
) -> anyhow::Result<(Components, Problems)> {
    let mut components = Components::default();
    let mut problems = Problems::default();
    if definitions.plugins.is_empty() {
        return Ok((components, problems));
    }
    let host = host(repository)?;
    for plugin in definitions.plugins.clone() {
        warn_of_limits(repository, definitions, &plugin);
        let bound = bind_one(
            repository,
            &host,
            definitions,
            registered,
            &plugin,
            &mut components,
        );
        match bound.await {
            Ok(binding) => {
                let bindings = &mut definitions.project.plugin_bindings;
                bindings.insert(plugin.view().to_owned(), binding);
            }
            Err(found) => problems.extend(found),
        }
    }
    Ok((components, problems))
}

/// A gateway with this repository's configuration gives a call no more than its maximum.
fn warn_of_limits(repository: &Repository, definitions: &Definitions, plugin: &PluginDefinition) {
    let maximum = limits(&repository.config.salver.plugins.maximum);
    let object = &plugin.object;
    for (key, sentence) in maximum.exceeded_by(&plugin.limits) {
        let message = format!(
            "{sentence}, the most that `salver.plugins.maximum` gives; a gateway with this configuration cuts it"
        );
        if let Some(mark) = definitions.mark(object, &format!("limits.{key}")) {
            note(mark.warning(message).to_string());
        }
    }
}

/// It may insist on other values than those that are made up here.
fn warn_of_doubt(definitions: &Definitions, plugin: &PluginDefinition, doubt: &str) {
    let message = format!(
        "tried with a row of plain values (a rate, a whole number below 100, a short text), the transform fails: {doubt}; a gateway in which \
         another version serves keeps that one, unless the error is an `invalid-input`"
    );
    if let Some(mark) = definitions.mark(&plugin.object, "transform") {
        note(mark.warning(message).to_string());
    }
}

async fn bind_one(
    repository: &Repository,
    host: &Host,
    definitions: &Definitions,
    registered: Registered<'_>,
    plugin: &PluginDefinition,
    components: &mut Components,
) -> Result<PluginBinding, Problems> {
    let told = Told {
        definitions,
        plugin,
    };
    let view = view(&told, registered)?;
    let found = components.find(repository, host, plugin).await;
    let component = found.map_err(|(part, message)| told.problem(part, message))?;
    let view = view.clone();
    let (given, project) = (plugin.clone(), repository.config.project.to_string());
    let checked =
        tokio::task::spawn_blocking(move || check(&component, &view, &given, project)).await;
    let checked =
        checked.unwrap_or_else(|error| Err(vec![Mismatch::of_plugin("", error.to_string())]));
    let fitting = checked.map_err(|mismatches| told.problems(mismatches))?;
    if let Some(doubt) = &fitting.doubt {
        warn_of_doubt(definitions, plugin, doubt);
    }
    Ok(plugin.bind(fitting.digest, &fitting.transform))
}

/// The view that a plugin computes: a declared one, or one that Feast manages.
fn view<'v>(
    told: &Told<'v>,
    registered: Registered<'v>,
) -> Result<&'v OnDemandFeatureView, Problems> {
    let name = told.plugin.view();
    if told.plugin.body_text.is_none() {
        let declared = told.definitions.project.on_demand_feature_views.get(name);
        return declared.ok_or_else(|| told.problem("", format!("there is no view `{name}`")));
    }
    let views = &registered.project.on_demand_feature_views;
    let view = views.get(name).ok_or_else(|| {
        let hint = did_you_mean(name, views.keys().map(String::as_str));
        told.problem(
            "view",
            format!("the registry has no on-demand feature view `{name}`{hint}"),
        )
    })?;
    let id = ObjectId::new(ObjectKind::OnDemandFeatureView, name);
    if registered.managed.contains(&id) {
        let message = format!(
            "the on-demand feature view `{name}` is not Feast's: `registry-admin` manages it, and would remove it because no file declares \
             it; declare it under `on_demand_feature_views`, with its `plugin`"
        );
        return Err(told.problem("view", message));
    }
    let present = PluginDigest::new(Sha256::digest(&view.body_text).into());
    if told.plugin.body_text != Some(present) {
        let message = format!(
            "the Python text of `{name}` in the registry is another one, `{present}`; see that the plugin computes the same, then write \
             that"
        );
        return Err(told.problem("body_text", message));
    }
    Ok(view)
}

/// A transform that fits its view.
struct Fitting {
    digest: PluginDigest,
    transform: String,
    /// What went wrong with a row of plain values.
    doubt: Option<String>,
}

fn check(
    component: &Compiled,
    view: &OnDemandFeatureView,
    plugin: &PluginDefinition,
    project: String,
) -> Result<Fitting, Vec<Mismatch>> {
    let failed = |part: &str, message: String| vec![Mismatch::of_plugin(part, message)];
    let transforms = component.compiled.transforms();
    let transforms = transforms.map_err(|error| failed("path", error.to_string()))?;
    let transform = choose(plugin.transform.as_deref(), &transforms)
        .map_err(|message| failed("transform", message))?;
    let described = component.compiled.describe(&transform, &plugin.parameters);
    let description = described.map_err(|error| failed("parameters", guest_message(&error)))?;
    let found = mismatches(view, plugin, &transform, &description);
    if !found.is_empty() {
        return Err(found);
    }
    let options = PluginOptions {
        name: view.name.clone(),
        project,
        transform: transform.clone(),
        parameters: plugin.parameters.clone(),
        limits: plugin.limits.clone(),
        fresh_instance: plugin.fresh_instance,
    };
    let plugin = Plugin::new(&component.compiled, options).map_err(|error| {
        failed(
            "transform",
            format!("tried with no row and with one: {error}"),
        )
    })?;
    Ok(Fitting {
        digest: *component.compiled.digest(),
        transform,
        doubt: plugin.doubt().map(ToString::to_string),
    })
}

fn choose(told: Option<&str>, transforms: &[String]) -> Result<String, String> {
    let all = || {
        let quoted: Vec<String> = transforms.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    };
    match (told, transforms) {
        (_, []) => Err("the component has no transforms".to_owned()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(format!(
            "the component has several transforms; write one of them under `transform`: {}",
            all()
        )),
        (Some(told), _) if transforms.iter().any(|name| name == told) => Ok(told.to_owned()),
        (Some(told), _) => {
            let mut hint = did_you_mean(told, transforms.iter().map(String::as_str));
            if hint.is_empty() {
                hint = format!("; it has {}", all());
            }
            Err(format!("the component has no transform `{told}`{hint}"))
        }
    }
}

/// What the guest says where it is the guest who says something.
fn guest_message(error: &CallError) -> String {
    match error {
        CallError::Failed { message, .. } => message.clone(),
        other => other.to_string(),
    }
}

/// Where a plugin and its view stand in the files.
struct Told<'d> {
    definitions: &'d Definitions,
    plugin: &'d PluginDefinition,
}

impl Told<'_> {
    fn problem(&self, part: &str, message: String) -> Problems {
        self.at(&self.plugin.object, part, message).into()
    }

    fn problems(&self, mismatches: Vec<Mismatch>) -> Problems {
        let view = ObjectId::new(ObjectKind::OnDemandFeatureView, self.plugin.view());
        let told = mismatches.into_iter().map(|mismatch| match mismatch.place {
            Place::Plugin(part) => self.at(&self.plugin.object, &part, mismatch.message),
            // The features of Feast's view stand in no file.
            Place::View(_) if self.plugin.body_text.is_some() => {
                self.at(&self.plugin.object, "", mismatch.message)
            }
            Place::View(part) => self.at(&view, &part, mismatch.message),
        });
        Problems(told.collect())
    }

    fn at(&self, object: &ObjectId, part: &str, message: String) -> Problem {
        match self.definitions.mark(object, part) {
            Some(mark) => mark.error(message),
            None => Problem::error("features", 0, format!("{object}: {message}")),
        }
    }
}

/// Who compiles and calls plugins here. Nothing else is served meanwhile, so that it takes all cores.
pub(crate) fn host(repository: &Repository) -> anyhow::Result<Host> {
    let settings = &repository.config.salver.plugins;
    let options = HostOptions {
        cache_dir: settings.cache_dir.clone(),
        defaults: limits(&settings.defaults),
        maximum: limits(&settings.maximum),
        parallel_compilation: true,
        ..HostOptions::default()
    };
    Ok(Host::new(options)?)
}

fn limits(limits: &CallLimits) -> Limits {
    Limits {
        deadline: limits.deadline,
        memory_bytes: limits.memory_bytes,
        output_bytes: limits.output_bytes,
        stack_bytes: limits.stack_bytes,
        log_lines: limits.log_lines,
    }
}
