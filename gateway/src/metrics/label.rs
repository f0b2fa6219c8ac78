use std::{fmt, sync::Arc};

use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};

use crate::{names::label, router::Route};

/// Which store was called, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The project's name.
    pub project: Arc<str>,
    /// What for.
    pub operation: Operation,
}

/// What a store was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Values for a request.
    Read,
    /// Whether it is there.
    Ping,
}

/// Which on-demand view was computed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Computation {
    /// The project's name.
    pub project: Arc<str>,
    /// The view's name.
    pub feature_view: Arc<str>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It answered.
    Ok,
    /// It was away or too slow.
    Unavailable,
    /// It had not answered when the request's time was over or its client went away.
    Abandoned,
    /// It was not made, as others before it have failed.
    NotAsked,
    /// It holds something that nobody can read.
    Corrupt,
    /// It refuses us.
    Denied,
    /// Its settings can't work.
    Config,
}

/// How a TLS handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// The connection is encrypted.
    Done,
    /// The client went away, spoke no TLS, or showed no certificate that it must show.
    Failed,
    /// It took too long.
    TimedOut,
    /// Too many were under way.
    Refused,
}

impl Handshake {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
        }
    }
}

/// `ok`, or the code of what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ended(pub &'static str);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Answer {
    /// None where the request is about none, or about one that isn't served.
    pub(super) project: Option<Arc<str>>,
    pub(super) route: Route,
    pub(super) status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Failure {
    pub(super) project: Option<Arc<str>>,
    pub(super) route: Route,
    pub(super) code: &'static str,
}

/// Rows that a project's cache was asked for, by what became of that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheRows {
    pub(super) project: Arc<str>,
    pub(super) outcome: &'static str,
}

/// A project, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OfProject(pub(super) Arc<str>);

/// A view of a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OfView {
    pub(super) project: Arc<str>,
    pub(super) feature_view: Arc<str>,
}

/// A set of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct One {
    name: &'static str,
    value: &'static str,
}

pub(super) fn outcome(value: &'static str) -> One {
    One {
        name: label::OUTCOME,
        value,
    }
}

pub(super) fn reason(value: &'static str) -> One {
    One {
        name: label::REASON,
        value,
    }
}

fn put(encoder: &mut LabelSetEncoder<'_>, name: &str, value: &str) -> fmt::Result {
    (name, value).encode(encoder.encode_label())
}

impl EncodeLabelSet for Call {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let operation = match self.operation {
            Operation::Read => "read",
            Operation::Ping => "ping",
        };
        put(encoder, label::PROJECT, &self.project)?;
        put(encoder, label::OPERATION, operation)
    }
}

impl EncodeLabelSet for Outcome {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let outcome = match self {
            Self::Ok => "ok",
            Self::Unavailable => "unavailable",
            Self::Abandoned => "abandoned",
            Self::NotAsked => "not_asked",
            Self::Corrupt => "corrupt",
            Self::Denied => "denied",
            Self::Config => "config",
        };
        put(encoder, label::OUTCOME, outcome)
    }
}

impl EncodeLabelSet for Computation {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, label::PROJECT, &self.project)?;
        put(encoder, label::FEATURE_VIEW, &self.feature_view)
    }
}

impl EncodeLabelSet for Ended {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, label::OUTCOME, self.0)
    }
}

fn put_project(encoder: &mut LabelSetEncoder<'_>, project: Option<&Arc<str>>) -> fmt::Result {
    project.map_or(Ok(()), |name| put(encoder, label::PROJECT, name))
}

impl EncodeLabelSet for CacheRows {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, label::PROJECT, &self.project)?;
        put(encoder, label::OUTCOME, self.outcome)
    }
}

impl EncodeLabelSet for OfProject {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, label::PROJECT, &self.0)
    }
}

impl EncodeLabelSet for OfView {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, label::PROJECT, &self.project)?;
        put(encoder, label::FEATURE_VIEW, &self.feature_view)
    }
}

impl EncodeLabelSet for Answer {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put_project(encoder, self.project.as_ref())?;
        put(encoder, label::ROUTE, self.route.path())?;
        (label::STATUS, self.status).encode(encoder.encode_label())
    }
}

impl EncodeLabelSet for Failure {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put_project(encoder, self.project.as_ref())?;
        put(encoder, label::ROUTE, self.route.path())?;
        put(encoder, label::CODE, self.code)
    }
}

impl EncodeLabelSet for One {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        put(encoder, self.name, self.value)
    }
}
