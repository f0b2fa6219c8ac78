//! Registry bytes: any of them are a registry or an error, and a registry survives being read, adopted and
//! written.
#![no_main]

use feature_codec::registry::{RegistryDocument, decode_snapshot, read_stamp};
use feature_model::{ProjectName, RegistrySnapshot, Timestamp, plan::plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_stamp(bytes);
    let snapshot = decode_snapshot(bytes);
    let Ok(document) = RegistryDocument::decode(bytes) else {
        return;
    };
    let snapshot = snapshot.expect("what the document takes, the snapshot takes");
    if !bytes.is_empty() {
        let encoded = document.encode();
        let again = decode_snapshot(&encoded).expect("what was encoded is read again");
        assert_eq!(format!("{again:?}"), format!("{snapshot:?}"));
        assert_eq!(
            RegistryDocument::decode(&encoded).ok(),
            Some(document.clone())
        );
    }
    let _ = document.to_json();
    adopt_everything(document, &snapshot);
});

fn adopt_everything(mut document: RegistryDocument, snapshot: &RegistrySnapshot) {
    for (name, project) in &snapshot.projects {
        let managed = document.managed(name);
        let plan = plan(project, project, &managed, true);
        // A project that contradicts itself is refused, not applied by halves.
        let _ = document.apply(name, project, &plan, true, Timestamp::from_seconds(1));
        RegistryDocument::decode(&document.encode()).expect("what was applied is read again");
    }
    let names: Vec<ProjectName> = snapshot.projects.keys().cloned().collect();
    for name in &names {
        // what a broken document refuses stays as it is
        let _ = document.remove_project(name);
    }
}
