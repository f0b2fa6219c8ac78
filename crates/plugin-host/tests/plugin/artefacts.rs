//! Compiled components that are kept, and those that come from elsewhere.

use std::fs;

use feature_model::{PluginDigest, Wasi};
use plugin_host::{
    ArtefactError, Host, HostOptions, LoadError, Plugin, PublicKey, SigningKey, Target,
};

use crate::fixture::{HOSTILE, host, numbers, options};

fn host_that_trusts(trusted_keys: Vec<PublicKey>) -> Host {
    let options = HostOptions {
        trusted_keys,
        ..HostOptions::default()
    };
    Host::new(options).unwrap()
}

/// The fixture, and one that differs by a custom section at its end.
fn two_components() -> (Vec<u8>, Vec<u8>) {
    let newer = [&HOSTILE[..], b"\0\x02\x01n"].concat();
    (HOSTILE.to_vec(), newer)
}

fn digest(component: &[u8]) -> PluginDigest {
    Host::inspect(component).unwrap().digest
}

fn refused(host: &Host, component: &[u8], artefact: &[u8]) -> LoadError {
    host.load_artefact(&digest(component), component, artefact, Wasi::None)
        .err()
        .unwrap()
}

#[test]
fn an_artefact_of_the_baseline_runs_here() {
    let key = SigningKey::generate().unwrap();
    let target = Target::of_this_machine();
    let artefact = host().precompile(&HOSTILE, target, &key).unwrap();
    let host = host_that_trusts(vec![key.public()]);
    assert_eq!(artefact.file_name, host.artefact_file_name());
    let component = host
        .load_artefact(&digest(&HOSTILE), &HOSTILE, &artefact.bytes, Wasi::None)
        .unwrap();
    let plugin = Plugin::new(&component, options("add")).unwrap();
    plugin.call_blocking(3, &numbers(3)).unwrap();
}

#[test]
fn every_target_can_be_compiled_for() {
    let key = SigningKey::generate().unwrap();
    let mut names = Vec::new();
    for target in Target::ALL {
        assert_eq!(target.to_string().parse(), Ok(target));
        let artefact = host().precompile(&HOSTILE, target, &key).unwrap();
        assert!(artefact.file_name.starts_with(&target.to_string()));
        names.push(artefact.file_name);
    }
    assert_ne!(names[0], names[1]);
}

#[test]
fn an_artefact_for_another_processor_is_refused() {
    let key = SigningKey::generate().unwrap();
    let other = Target::ALL
        .into_iter()
        .find(|target| *target != Target::of_this_machine());
    let artefact = host().precompile(&HOSTILE, other.unwrap(), &key).unwrap();
    let error = refused(
        &host_that_trusts(vec![key.public()]),
        &HOSTILE,
        &artefact.bytes,
    );
    let expected = LoadError::Artefact(ArtefactError::Target {
        expected: Target::of_this_machine().to_string(),
        found: other.unwrap().to_string(),
    });
    assert_eq!(error.to_string(), expected.to_string());
}

#[test]
fn an_artefact_by_another_key_is_refused() {
    let (key, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let target = Target::of_this_machine();
    let mut artefact = host().precompile(&HOSTILE, target, &other).unwrap().bytes;
    let host = host_that_trusts(vec![key.public()]);
    let signature = |error: LoadError| {
        matches!(error, LoadError::Artefact(ArtefactError::Signature)).then_some(())
    };
    signature(refused(&host, &HOSTILE, &artefact)).unwrap();
    signature(refused(&host_that_trusts(vec![]), &HOSTILE, &artefact)).unwrap();

    let last = artefact.len() - 1;
    artefact[last] ^= 1;
    let host = host_that_trusts(vec![other.public()]);
    signature(refused(&host, &HOSTILE, &artefact)).unwrap();
    refused(&host, &HOSTILE, &artefact[..last / 2]);
    let error = refused(&host, &HOSTILE, &HOSTILE).to_string();
    assert!(error.contains("it is no artefact"), "{error}");
}

#[test]
fn an_older_artefact_under_a_newer_name_is_refused() {
    let key = SigningKey::generate().unwrap();
    let (older, newer) = two_components();
    let target = Target::of_this_machine();
    let artefact = host().precompile(&older, target, &key).unwrap();
    let error = refused(
        &host_that_trusts(vec![key.public()]),
        &newer,
        &artefact.bytes,
    );
    let told = error.to_string();
    assert!(told.contains(&digest(&older).to_string()), "{told}");
    assert!(told.contains(&digest(&newer).to_string()), "{told}");
}

#[test]
fn a_component_of_another_digest_is_refused() {
    let key = SigningKey::generate().unwrap();
    let (one, other) = two_components();
    let target = Target::of_this_machine();
    let artefact = host().precompile(&one, target, &key).unwrap();
    let host = host_that_trusts(vec![key.public()]);
    let loaded = host.load_artefact(&digest(&other), &one, &artefact.bytes, Wasi::None);
    assert!(matches!(loaded, Err(LoadError::Digest { .. })));
}

#[test]
fn what_was_compiled_once_is_loaded_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache_dir = folder.path().join("compiled");
    let options = HostOptions {
        cache_dir: Some(cache_dir.clone()),
        ..HostOptions::default()
    };
    let compile = || {
        let host = Host::new(options.clone()).unwrap();
        let component = host.compile(&HOSTILE, Wasi::None).unwrap();
        assert!(component.transforms().is_ok());
    };
    compile();
    let file = fs::read_dir(&cache_dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "compiled"))
        .unwrap();
    // A file that is written again is another one.
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(&file).unwrap());
    let written = inode();
    compile();
    assert_eq!(inode(), written);

    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    compile();
    assert_ne!(fs::read(&file).unwrap(), bytes);
}

/// Whether what is loaded without its component computes.
fn computes(loaded: Option<plugin_host::Component>) -> bool {
    loaded.is_some_and(|component| {
        assert_eq!(*component.digest(), digest(&HOSTILE));
        let plugin = Plugin::new(&component, options("add")).unwrap();
        plugin.call_blocking(3, &numbers(3)).is_ok()
    })
}

#[test]
fn a_component_that_this_machine_has_compiled_is_loaded_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = || {
        let options = HostOptions {
            cache_dir: Some(folder.path().join("cache")),
            ..HostOptions::default()
        };
        Host::new(options).unwrap()
    };
    let load = |component: &[u8]| host().load_compiled(&digest(component), None, Wasi::None);
    assert!(load(&HOSTILE).unwrap().is_none());
    host().compile(&HOSTILE, Wasi::None).unwrap();
    assert!(computes(load(&HOSTILE).unwrap()));
    let (_, newer) = two_components();
    assert!(load(&newer).unwrap().is_none());
    for file in fs::read_dir(folder.path().join("cache")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "compiled") {
            let mut changed = fs::read(&path).unwrap();
            *changed.last_mut().unwrap() ^= 1;
            fs::write(path, changed).unwrap();
        }
    }
    assert!(load(&HOSTILE).unwrap().is_none());
}

#[test]
fn a_component_that_a_trusted_key_has_signed_is_loaded_without_it() {
    let key = SigningKey::generate().unwrap();
    let target = Target::of_this_machine();
    let artefact = host().precompile(&HOSTILE, target, &key).unwrap().bytes;
    let load = |host: Host, component: &[u8]| {
        host.load_compiled(&digest(component), Some(&artefact), Wasi::None)
    };
    let trusting = || host_that_trusts(vec![key.public()]);
    assert!(computes(load(trusting(), &HOSTILE).unwrap()));
    let (_, newer) = two_components();
    assert!(load(trusting(), &newer).unwrap().is_none());
    assert!(load(host_that_trusts(vec![]), &HOSTILE).unwrap().is_none());
}
