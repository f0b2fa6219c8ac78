use std::collections::BTreeMap;

use super::{Finding, Verdict};

/// How the names of variables begin that only `registry-admin` reads.
const ADMIN: &str = "SALVER__SALVER__ADMIN";

/// The variables with which `registry-admin` signs plugins, and tokens.
const SIGNING_KEYS: [&str; 2] = ["SALVER_SIGNING_KEY", "SALVER_TOKEN_KEY"];

/// Secrets of `registry-admin` have no business in a gateway's environment. Values are not told.
pub(super) fn examine(environment: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut findings = vec![of_user(rustix::process::geteuid().is_root())];
    let names = environment.keys().filter(|name| {
        let name = name.to_ascii_uppercase();
        name.starts_with(ADMIN) || SIGNING_KEYS.contains(&name.as_str())
    });
    let before = findings.len();
    findings.extend(names.map(|name| {
        let told = format!("`{name}` is for `registry-admin` only");
        Finding::new("environment", Verdict::Excess(told))
    }));
    if findings.len() == before {
        findings.push(Finding::new("environment", Verdict::Fine));
    }
    findings
}

fn of_user(is_root: bool) -> Finding {
    let verdict = if is_root {
        Verdict::Excess("runs as root, who may write every file".to_owned())
    } else {
        Verdict::Fine
    };
    Finding::new("user", verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_credentials_in_the_environment_are_told_without_their_values() {
        let variables = [
            (
                "SALVER__SALVER__ADMIN__ONLINE_STORE__CONNECTION_STRING",
                "secret",
            ),
            ("salver__salver__admin__online_store__path", "secret"),
            ("SALVER_SIGNING_KEY", "secret"),
            ("SALVER_TOKEN_KEY", "secret"),
            ("SALVER__ONLINE_STORE__CONNECTION_STRING", "secret"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let findings = examine(&variables.into_iter().collect());
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        let about = told.iter().filter(|line| line.contains("environment"));
        assert_eq!(about.count(), 4, "{told:?}");
        assert!(!told.concat().contains("secret"), "{told:?}");
    }

    #[test]
    fn an_environment_without_them_is_fine() {
        let findings = examine(&BTreeMap::new());
        assert!(findings.contains(&Finding::new("environment", Verdict::Fine)));
    }
}
