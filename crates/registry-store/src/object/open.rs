use std::{collections::BTreeMap, env, sync::Arc};

use object_store::{
    ObjectStore, ObjectStoreScheme,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
    memory::InMemory,
    path::Path,
};
use url::Url;

/// The variable from which Feast takes the endpoint of a registry on S3.
const FEAST_ENDPOINT: &str = "FEAST_S3_ENDPOINT_URL";

/// The store of a URL, with credentials from the environment as its vendor's tools take them. What is wrong
/// comes as text.
pub(crate) fn open(
    url: &str,
    options: &BTreeMap<String, String>,
) -> Result<(Arc<dyn ObjectStore>, Path), String> {
    const SCHEMES: &str =
        "write a path, or a URL that begins with `s3://`, `gs://`, `az://` or `file://`";
    let parsed = Url::parse(url).map_err(|error| format!("{error}; {SCHEMES}"))?;
    let (scheme, path) =
        ObjectStoreScheme::parse(&parsed).map_err(|error| format!("{error}; {SCHEMES}"))?;
    if path.as_ref().is_empty() {
        return Err(
            "the URL names no object; write the registry's path after the bucket".to_owned(),
        );
    }
    if scheme != ObjectStoreScheme::AmazonS3
        && let Some(key) = options.keys().next()
    {
        return Err(format!(
            "`s3_additional_kwargs` has `{key}`, and this is not S3"
        ));
    }
    let store: Result<Arc<dyn ObjectStore>, object_store::Error> = match scheme {
        ObjectStoreScheme::AmazonS3 => s3(url, options)?
            .build()
            .map(|store| Arc::new(store) as Arc<dyn ObjectStore>),
        ObjectStoreScheme::GoogleCloudStorage => GoogleCloudStorageBuilder::from_env()
            .with_url(url)
            .build()
            .map(|store| Arc::new(store) as Arc<dyn ObjectStore>),
        ObjectStoreScheme::MicrosoftAzure => MicrosoftAzureBuilder::from_env()
            .with_url(url)
            .build()
            .map(|store| Arc::new(store) as Arc<dyn ObjectStore>),
        ObjectStoreScheme::Memory => Ok(Arc::new(InMemory::new()) as Arc<dyn ObjectStore>),
        _ => return Err(SCHEMES.to_owned()),
    };
    Ok((store.map_err(|error| error.to_string())?, path))
}

fn s3(url: &str, options: &BTreeMap<String, String>) -> Result<AmazonS3Builder, String> {
    let mut builder = AmazonS3Builder::from_env().with_url(url);
    if let Ok(endpoint) = env::var(FEAST_ENDPOINT) {
        builder = builder
            .with_allow_http(endpoint.starts_with("http://"))
            .with_endpoint(endpoint);
    }
    for (key, value) in options {
        let known: AmazonS3ConfigKey = s3_key(key).parse().map_err(|_| {
            format!(
                "`s3_additional_kwargs.{key}` has no meaning here; what has: `ServerSideEncryption`, \
                 `SSEKMSKeyId`, `BucketKeyEnabled`"
            )
        })?;
        builder = builder.with_config(known, value);
    }
    Ok(builder)
}

/// The arguments of boto3's `put_object` by object_store's names; object_store's own names stay.
fn s3_key(key: &str) -> &str {
    match key {
        "ServerSideEncryption" => "aws_server_side_encryption",
        "SSEKMSKeyId" => "aws_sse_kms_key_id",
        "BucketKeyEnabled" => "aws_sse_bucket_key_enabled",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::open;

    fn reason(url: &str, options: &[(&str, &str)]) -> String {
        let options: BTreeMap<String, String> = options
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        match open(url, &options) {
            Ok((_, path)) => format!("opened {path}"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn every_cloud_opens_without_being_reached() {
        assert_eq!(
            reason("s3://bucket/some/registry.db", &[]),
            "opened some/registry.db"
        );
        assert_eq!(reason("gs://bucket/registry.db", &[]), "opened registry.db");
    }

    #[test]
    fn encryption_as_feast_is_told_of_it_is_understood() {
        let options = [("ServerSideEncryption", "aws:kms"), ("SSEKMSKeyId", "key")];
        assert_eq!(
            reason("s3://bucket/registry.db", &options),
            "opened registry.db"
        );
    }

    #[test]
    fn what_cannot_be_used_says_what_would_be_right() {
        assert!(reason("ftp://host/registry.db", &[]).contains("`s3://`"));
        assert!(reason("s3://bucket", &[]).contains("names no object"));
        assert!(
            reason("s3://bucket/r", &[("ACL", "private")]).contains("`s3_additional_kwargs.ACL`")
        );
        assert!(reason("gs://bucket/r", &[("ACL", "private")]).contains("not S3"));
    }
}
