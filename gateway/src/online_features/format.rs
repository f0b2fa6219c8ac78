//! What a reply is written as: JSON in one of two layouts, or Arrow where a client asks for it.

mod accept;

use arrow_schema::ArrowError;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use settings::{NonFinite, ResponseLayout};

use crate::{
    ask::Metadata,
    encode::{
        Beside, EncodeOptions, Encoded,
        arrow::{self, ArrowOptions, encode_arrow},
        encode,
    },
    error::ApiError,
    nearest::shown,
    transform::{Computed, Work},
};

/// Request header that chooses the layout of the reply, and reply header that tells it: `rows` or `columns`.
pub const LAYOUT_HEADER: HeaderName = HeaderName::from_static("salver-response-layout");

/// What a reply is written as. Errors are JSON in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json(ResponseLayout),
    /// A stream has columns, whatever the layout.
    Arrow,
}

impl Format {
    /// What the request's headers ask for.
    pub(super) fn wanted(
        headers: &HeaderMap,
        configured: ResponseLayout,
    ) -> Result<Self, ApiError> {
        let layout = wanted_layout(headers, configured)?;
        if accept::prefers_arrow(headers) {
            Ok(Self::Arrow)
        } else {
            Ok(Self::Json(layout))
        }
    }

    /// Writes the reply. Statuses and event times stand beside the values in JSON unless the request says no, and in Arrow
    /// where it says yes.
    pub(super) fn encode(
        self,
        work: &Work,
        computed: &Computed,
        metadata: Metadata,
        non_finite: NonFinite,
    ) -> Result<Encoded, ArrowError> {
        let Work {
            plan,
            rows,
            stored,
            now,
        } = work;
        match self {
            Self::Json(layout) => {
                let options = EncodeOptions {
                    layout,
                    beside: Beside::wanted(metadata, true),
                    non_finite,
                    now: *now,
                };
                Ok(encode(plan, rows, stored, computed, options))
            }
            Self::Arrow => {
                let options = ArrowOptions {
                    beside: Beside::wanted(metadata, false),
                    non_finite,
                    now: *now,
                };
                encode_arrow(plan, rows, stored, computed, options)
            }
        }
    }

    /// Tells the format in the reply's headers.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        let (media_type, layout) = match self {
            Self::Json(ResponseLayout::Rows) => ("application/json", Some("rows")),
            Self::Json(ResponseLayout::Columns) => ("application/json", Some("columns")),
            Self::Arrow => (arrow::MEDIA_TYPE, None),
        };
        let media_type = HeaderValue::from_static(media_type);
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(layout) = layout {
            headers.insert(LAYOUT_HEADER, HeaderValue::from_static(layout));
        }
    }
}

fn wanted_layout(
    headers: &HeaderMap,
    configured: ResponseLayout,
) -> Result<ResponseLayout, ApiError> {
    let Some(value) = headers.get(LAYOUT_HEADER) else {
        return Ok(configured);
    };
    match value.as_bytes().to_ascii_lowercase().as_slice() {
        b"rows" => Ok(ResponseLayout::Rows),
        b"columns" => Ok(ResponseLayout::Columns),
        _ => Err(ApiError::invalid_header(format!(
            "header `Salver-Response-Layout` is `{}`; write `rows` or `columns`",
            shown(&String::from_utf8_lossy(value.as_bytes()))
        ))),
    }
}
