use crate::{definitions, printer::Printer};

pub(super) fn run(printer: &mut Printer) -> anyhow::Result<()> {
    printer.json(&definitions::json_schema())
}
