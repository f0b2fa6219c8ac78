//! The control plane of Salver: see the library's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    registry_admin::main(std::env::args_os())
}
