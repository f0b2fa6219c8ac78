//! Binds a loaded component to the host's functions, and finds its exports once for all instances.

use feature_model::Wasi;
use wasmtime::component::{
    Component, ComponentExportIndex, InstancePre, Linker, types::ComponentItem,
};

use crate::{
    Batch, LoadError,
    guest::{GuestComputed, GuestDescription, GuestError},
    log,
    state::State,
    wasi,
};

pub(crate) type TransformParameters<'c> = (&'c str, &'c str, u32, &'c Batch);
pub(crate) type TransformResults = (Result<GuestComputed, GuestError>,);

/// A component that has everything it imports.
pub(crate) struct Linked {
    pub(crate) pre: InstancePre<State>,
    pub(crate) names: ComponentExportIndex,
    pub(crate) describe: ComponentExportIndex,
    pub(crate) transform: ComponentExportIndex,
}

impl Linked {
    /// Links a component whose `transforms` interface is exported under `interface`.
    pub(crate) fn new(
        component: &Component,
        interface: &str,
        wasi: Wasi,
    ) -> Result<Self, LoadError> {
        let pre = pre_instantiate(component, wasi).map_err(|error| invalid(&error))?;
        let (_, interface) = component
            .get_export(None, interface)
            .ok_or_else(|| invalid(&wasmtime::Error::msg("it exports no transforms")))?;
        let export = |name: &str| {
            component
                .get_export(Some(&interface), name)
                .ok_or_else(|| invalid(&wasmtime::format_err!("it exports no `{name}`")))
        };
        let (names, describe, transform) =
            (export("names")?, export("describe")?, export("transform")?);
        check::<(), (Vec<String>,)>(&pre, "names", &names.0)?;
        check::<(&str, &str), (Result<GuestDescription, GuestError>,)>(
            &pre,
            "describe",
            &describe.0,
        )?;
        check::<TransformParameters<'_>, TransformResults>(&pre, "transform", &transform.0)?;
        Ok(Self {
            pre,
            names: names.1,
            describe: describe.1,
            transform: transform.1,
        })
    }
}

fn pre_instantiate(component: &Component, wasi: Wasi) -> wasmtime::Result<InstancePre<State>> {
    let mut linker = Linker::new(component.engine());
    log::define(&mut linker)?;
    if wasi == Wasi::Empty {
        wasi::define(&mut linker, component.engine(), component)?;
    }
    linker.instantiate_pre(component)
}

/// Looks at the types now, so that it isn't an instance that finds them wrong.
fn check<Parameters, Results>(
    pre: &InstancePre<State>,
    name: &str,
    item: &ComponentItem,
) -> Result<(), LoadError>
where
    Parameters: wasmtime::component::ComponentNamedList + wasmtime::component::Lower,
    Results: wasmtime::component::ComponentNamedList + wasmtime::component::Lift,
{
    let ComponentItem::ComponentFunc(function) = item else {
        return Err(invalid(&wasmtime::format_err!("`{name}` is no function")));
    };
    function
        .typecheck::<Parameters, Results>(&pre.instance_type())
        .map_err(|error| {
            invalid(&error.context(format!(
                "`{name}` hasn't the type that `salver:transform@1.0.0` gives it"
            )))
        })
}

fn invalid(error: &wasmtime::Error) -> LoadError {
    LoadError::Invalid {
        detail: format!("{error:#}"),
    }
}
