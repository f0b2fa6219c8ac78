use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use feature_codec::registry::RegistryDocument;
use feature_model::{
    ObjectId, ObjectKind, PluginDigest, Project, Timestamp,
    plan::{Action, Plan},
};
use registry_store::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    cli::{Output, PlanArgs},
    commands::validate,
    consequences, describe,
    exit::Exit,
    plugins::{self, Component, Registered},
    printer::{Printer, note},
    repository::{Current, Repository},
    rights::doubtful_names,
};

/// A plan with all that is needed to carry it out: what `plan --out` saves.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    /// The registry's version that the plan was made from.
    pub(super) version: Version,
    /// The registry as it will be.
    pub(super) document: RegistryDocument,
    /// What its plugins are.
    pub(super) components: Vec<Component>,
}

#[derive(Serialize, Deserialize)]
struct SavedPlan {
    /// Format of this file.
    salver_plan: u32,
    project: String,
    made_at: Timestamp,
    registry_version: Version,
    plan: Plan,
    /// The components that the document names.
    components: Vec<SavedComponent>,
    /// The registry document after the plan, in base64.
    document: String,
    /// SHA-256 of the plan and the document, so that nobody is shown one thing and gets another.
    sha256: String,
}

/// A component by its digest: a plan doesn't hold megabytes of code, `apply` reads the file again.
#[derive(Serialize, Deserialize)]
struct SavedComponent {
    digest: PluginDigest,
    /// As the definitions write it; absent where the component is stored already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

const FORMAT: u32 = 3;

pub(super) async fn run(
    repository: &Repository,
    args: &PlanArgs,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let current = repository.current().await?;
    let prepared = prepare(repository, current, args.adopt).await?;
    match args.output {
        Output::Json => printer.json(&prepared.plan)?,
        Output::Table => print(repository, &prepared, printer)?,
    }
    if let Some(file) = &args.out {
        save(&prepared, repository, file)?;
    }
    let changes = !prepared.plan.changes.is_empty();
    Ok(if args.detailed_exitcode && changes {
        Exit::Changes
    } else {
        Exit::Done
    })
}

/// Compares the definitions with what the registry holds.
pub(super) async fn prepare(
    repository: &Repository,
    current: Current,
    adopt: bool,
) -> anyhow::Result<Prepared> {
    let project = &repository.config.project;
    let managed = current.document.managed(project);
    let registered = Registered {
        project: &current.project,
        managed: &managed,
    };
    let gathered = validate::gather(repository)?;
    let (definitions, components) = validate::checked(repository, gathered, registered).await?;
    let desired = &definitions.project;
    let plan = feature_model::plan::plan(&current.project, desired, &managed, adopt);
    let registry = current.document.snapshot()?;
    let changed = consequences::of_change(&current.project, desired);
    let shared = consequences::of_table_names(&repository.config, &registry, desired);
    let doubtful = doubtful_names(desired);
    for warning in changed.iter().chain(&shared).chain(&doubtful) {
        note(format!("warning: {warning}"));
    }
    let mut document = current.document;
    document
        .apply(project, desired, &plan, adopt, Timestamp::now())
        .context("could not make the registry document")?;
    Ok(Prepared {
        plan,
        version: current.version,
        document,
        components,
    })
}

pub(super) fn print(
    repository: &Repository,
    prepared: &Prepared,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let plan = &prepared.plan;
    let planned = prepared.document.snapshot()?;
    let planned = planned.projects.get(&repository.config.project);
    let (mut creates, mut updates, mut deletes) = (0, 0, 0);
    for change in &plan.changes {
        match &change.action {
            Action::Create => {
                creates += 1;
                printer.line(format!("+ {}", change.object))?;
                if let Some(described) = planned.and_then(|all| whole(all, &change.object)) {
                    print_whole(&described, printer)?;
                }
            }
            Action::Delete => {
                deletes += 1;
                printer.line(format!("- {}", change.object))?;
            }
            Action::Update { fields } => {
                updates += 1;
                printer.line(format!("~ {}", change.object))?;
                for field in fields {
                    let side =
                        |text: &Option<String>| text.clone().unwrap_or_else(|| "(none)".into());
                    let (before, after) = (side(&field.before), side(&field.after));
                    printer.line(format!("    {}: {before} -> {after}", field.path))?;
                }
            }
        }
    }
    if plan.changes.is_empty() && plan.unmanaged.is_empty() {
        printer.line("No changes: the registry is as the definitions say.")?;
    } else if plan.changes.is_empty() {
        printer.line("No changes to what is managed here.")?;
    } else {
        printer.line(format!(
            "Plan: {creates} to create, {updates} to update, {deletes} to delete."
        ))?;
    }
    if !plan.unmanaged.is_empty() {
        printer.line("Unmanaged, left alone (`--adopt` takes over what the files declare):")?;
        for object in &plan.unmanaged {
            printer.line(format!("    {object}"))?;
        }
    }
    Ok(())
}

/// Code that is about to run, and rights that are about to be given, are worth more than a name.
fn whole(project: &Project, object: &ObjectId) -> Option<Value> {
    let name = &object.name;
    match object.kind {
        ObjectKind::PluginBinding => project.plugin_bindings.get(name).map(describe::plugin),
        ObjectKind::Permission => project.permissions.get(name).map(describe::permission),
        ObjectKind::RoleBinding => project.role_bindings.get(name).map(describe::role_binding),
        _ => None,
    }
}

fn print_whole(described: &Value, printer: &mut Printer) -> anyhow::Result<()> {
    for (key, value) in described.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::Object(inner) => {
                for (name, value) in inner {
                    let text = value.as_str().unwrap_or_default();
                    printer.line(format!("    {key}.{name}: {text}"))?;
                }
            }
            Value::String(text) => printer.line(format!("    {key}: {text}"))?,
            other => printer.line(format!("    {key}: {other}"))?,
        }
    }
    Ok(())
}

fn save(prepared: &Prepared, repository: &Repository, file: &Path) -> anyhow::Result<()> {
    let document = BASE64_STANDARD.encode(prepared.document.encode());
    let components = prepared.components.iter().map(|component| SavedComponent {
        digest: component.digest,
        file: component.file.clone(),
    });
    let components: Vec<SavedComponent> = components.collect();
    let saved = SavedPlan {
        salver_plan: FORMAT,
        project: repository.config.project.to_string(),
        made_at: Timestamp::now(),
        registry_version: prepared.version.clone(),
        plan: prepared.plan.clone(),
        sha256: digest(&prepared.plan, &components, &document)?,
        components,
        document,
    };
    std::fs::write(file, serde_json::to_vec_pretty(&saved)?)
        .with_context(|| format!("could not save the plan to `{}`", file.display()))
}

fn digest(plan: &Plan, components: &[SavedComponent], document: &str) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(plan)?);
    hash.update(serde_json::to_vec(components)?);
    hash.update(document);
    Ok(format!("{:x}", hash.finalize()))
}

/// Reads a plan that [`save`] wrote, for this repository's project.
pub(super) async fn load(
    repository: &Repository,
    file: &Path,
    registry: &Version,
) -> anyhow::Result<Prepared> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("could not read the plan `{}`", file.display()))?;
    let saved: SavedPlan = serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "`{}` is no saved plan; make one with `registry-admin plan --out FILE`",
            file.display()
        )
    })?;
    ensure!(
        saved.salver_plan == FORMAT,
        "the plan `{}` has format {}, this release reads format {FORMAT}; plan again",
        file.display(),
        saved.salver_plan
    );
    if saved.project != repository.config.project.as_str() {
        let project = &repository.config.project;
        bail!(
            "the plan is for project `{}`, this repository is project `{project}`",
            saved.project
        );
    }
    // A plan with changes is refused by the commit, which knows who moved the registry.
    ensure!(
        !saved.plan.is_empty() || saved.registry_version == *registry,
        "the registry has moved since the plan `{}` was made; plan again",
        file.display()
    );
    ensure!(
        digest(&saved.plan, &saved.components, &saved.document)? == saved.sha256,
        "the plan `{}` was changed after it was saved; plan again",
        file.display()
    );
    let document = BASE64_STANDARD
        .decode(&saved.document)
        .context("the plan is damaged")?;
    let document = RegistryDocument::decode(&document).context("the plan is damaged")?;
    let mut components = Vec::with_capacity(saved.components.len());
    for component in saved.components {
        components.push(read_again(repository, component).await?);
    }
    Ok(Prepared {
        plan: saved.plan,
        version: saved.registry_version,
        document,
        components,
    })
}

/// The component that the plan was made with: in its file where the definitions name one, else stored already.
async fn read_again(
    repository: &Repository,
    SavedComponent { digest, file }: SavedComponent,
) -> anyhow::Result<Component> {
    let Some(name) = &file else {
        let bytes = repository.plugins()?.get(&digest).await?;
        return Ok(Component {
            digest,
            bytes,
            file,
        });
    };
    let bytes = plugins::read(&repository.config.repo.join(name))
        .map_err(|message| anyhow!("a plugin of the plan is gone: {message}; plan again"))?;
    let found = digest_of(&bytes);
    ensure!(
        found == digest,
        "the component `{name}` is another one than the plan was made with ({found} instead of {digest}); plan again"
    );
    Ok(Component {
        digest,
        bytes: bytes.into(),
        file,
    })
}

fn digest_of(bytes: &[u8]) -> PluginDigest {
    PluginDigest::new(Sha256::digest(bytes).into())
}
