//! Who may have what, through the router.

mod every_reply;
mod every_view;
mod names;
mod probes;
mod rules;
mod tokens;
mod town;
