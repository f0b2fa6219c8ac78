use crate::{printer::Printer, repository::Repository};

pub(super) async fn run(repository: &Repository, printer: &mut Printer) -> anyhow::Result<()> {
    let document = repository.current().await?.document;
    printer.json(&document.to_json()?)
}
