use std::process::ExitCode;

/// How a command ends, where it doesn't fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, or no change.
    Done,
    /// 2: `plan --detailed-exitcode` found changes, as Terraform says it.
    Changes,
    /// 2: `access check` says no.
    Denied,
}

/// 1: the command failed.
pub(crate) const FAILED: u8 = 1;
/// 64: the command line is wrong (`EX_USAGE` of sysexits.h).
pub(crate) const USAGE: u8 = 64;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Changes | Exit::Denied => Self::from(2),
        }
    }
}
