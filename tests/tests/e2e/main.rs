//! The two programs, from outside.

mod exit_codes;
