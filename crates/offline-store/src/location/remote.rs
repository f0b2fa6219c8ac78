use std::sync::Arc;

use datafusion::execution::object_store::ObjectStoreUrl;
use feature_model::FileSource;
use futures::TryStreamExt as _;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, path::Path as StorePath};
use url::Url;

use super::{File, Files, belongs, has_glob, is_hidden};
use crate::Error;

/// The files of an object-store URL. Credentials and regions come from the environment, as the stores'
/// own tools read them (`AWS_ACCESS_KEY_ID`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME`).
pub(super) async fn find(source: &FileSource) -> Result<Files, Error> {
    let url = Url::parse(&source.path).map_err(|error| unsupported(source, &error))?;
    let (store, _) = object_store::parse_url_opts(&url, options(source))
        .map_err(|error| unsupported(source, &error))?;
    let store: Arc<dyn ObjectStore> = Arc::from(store);
    let root = format!("{}://{}", url.scheme(), url.authority());
    let path = source.path.get(root.len()..).unwrap_or_default();
    let metas = list(source, store.as_ref(), path.trim_start_matches('/')).await?;
    let files = metas.into_iter().map(|meta| File {
        name: format!("{root}/{}", meta.location),
        local: None,
        meta,
    });
    Ok(Files {
        store_url: ObjectStoreUrl::parse(&root).map_err(|error| unsupported(source, &error))?,
        files: files.collect(),
        store,
    })
}

fn unsupported(source: &FileSource, error: &dyn std::fmt::Display) -> Error {
    Error::Unsupported {
        what: format!(
            "`{}` cannot be opened ({error}); use a path of this machine, or an object store that this build knows",
            source.path
        ),
    }
}

fn options(source: &FileSource) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = std::env::vars()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| {
            ["aws_", "google_", "azure_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
        .collect();
    if let Some(endpoint) = &source.s3_endpoint_override {
        let plain = endpoint.starts_with("http://");
        options.push(("aws_endpoint".to_owned(), endpoint.clone()));
        options.push(("aws_allow_http".to_owned(), plain.to_string()));
    }
    options
}

async fn list(
    source: &FileSource,
    store: &dyn ObjectStore,
    path: &str,
) -> Result<Vec<ObjectMeta>, Error> {
    let failed = |error: object_store::Error| Error::unavailable(&source.path, error);
    if !has_glob(path) && !path.ends_with('/') {
        match store.head(&StorePath::from(path)).await {
            Ok(meta) => return Ok(vec![meta]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let (folder, pattern) = split(path);
    let pattern = pattern.map(glob::Pattern::new).transpose();
    let pattern = pattern.map_err(|error| unsupported(source, &error))?;
    let prefix = StorePath::from(folder);
    let all: Vec<ObjectMeta> = store
        .list(Some(&prefix))
        .try_collect()
        .await
        .map_err(failed)?;
    let mut found: Vec<ObjectMeta> = all
        .into_iter()
        .filter(|meta| wanted(meta, &prefix, pattern.as_ref(), source))
        .collect();
    if found.is_empty() {
        return Err(Error::NotFound {
            path: source.path.clone(),
            reason: format!("it holds no {:?} files", source.format),
        });
    }
    found.sort_by(|one, other| one.location.cmp(&other.location));
    Ok(found)
}

/// The folder above the first `*`, `?` or `[`, and the whole pattern if there is one.
fn split(path: &str) -> (&str, Option<&str>) {
    match path.find(['*', '?', '[']) {
        None => (path, None),
        Some(first) => {
            let folder = path[..first].rfind('/').map_or("", |slash| &path[..slash]);
            (folder, Some(path))
        }
    }
}

fn wanted(
    meta: &ObjectMeta,
    prefix: &StorePath,
    pattern: Option<&glob::Pattern>,
    source: &FileSource,
) -> bool {
    let Some(below) = meta.location.prefix_match(prefix) else {
        return false;
    };
    if below.into_iter().any(|part| is_hidden(part.as_ref())) {
        return false;
    }
    let options = glob::MatchOptions {
        require_literal_separator: true,
        ..glob::MatchOptions::default()
    };
    match pattern {
        Some(pattern) => pattern.matches_with(meta.location.as_ref(), options),
        None => belongs(meta.location.filename().unwrap_or_default(), source.format),
    }
}

#[cfg(test)]
mod tests {
    use feature_model::{FileFormat, FileSource};
    use object_store::{ObjectStoreExt as _, memory::InMemory};

    use super::list;

    fn source(path: &str) -> FileSource {
        FileSource {
            path: format!("memory:///{path}"),
            format: FileFormat::Parquet,
            timestamp_field: String::new(),
            created_timestamp_column: None,
            field_mapping: std::collections::BTreeMap::new(),
            s3_endpoint_override: None,
        }
    }

    async fn found(path: &str) -> Vec<String> {
        let store = InMemory::new();
        for name in [
            "stats/a.parquet",
            "stats/b.parquet",
            "stats/_SUCCESS",
            "stats/.tmp/c.parquet",
            "stats/deep/d.parquet",
            "stats/notes.txt",
            "statsx/e.parquet",
        ] {
            store.put(&name.into(), "x".into()).await.unwrap();
        }
        list(&source(path), &store, path)
            .await
            .map(|metas| metas.iter().map(|m| m.location.to_string()).collect())
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn a_file_a_folder_and_a_glob_are_found_in_an_object_store() {
        assert_eq!(found("stats/notes.txt").await, ["stats/notes.txt"]);
        let folder = ["stats/a.parquet", "stats/b.parquet", "stats/deep/d.parquet"];
        assert_eq!(found("stats").await, folder);
        assert_eq!(found("stats/").await, folder);
        assert_eq!(found("stats/*.parquet").await, folder[..2]);
        assert_eq!(found("stats/**/d.parquet").await, folder[2..]);
        assert!(found("nothing").await.is_empty());
    }
}
