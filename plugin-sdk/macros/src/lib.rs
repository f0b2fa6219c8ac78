//! The macros of `plugin-sdk`.
