//! Files of cases for `plugin test`: any text is a list of cases or refused with a line that it has, and what is read as
//! a value of a type crosses to a plugin as that type, and comes back.
//!
//! The parser is taken from `registry-admin`'s sources, for the program itself links to datafusion.
#![no_main]

use std::sync::LazyLock;

use feature_model::DataType;
use libfuzzer_sys::fuzz_target;
use plugin_host::{BatchBuilder, BatchReader};
use settings::Problems;

#[allow(dead_code, unused_imports, reason = "the parser is all that is fuzzed")]
#[path = "../../registry-admin/src"]
mod registry_admin {
    pub(crate) mod definitions;
    pub(crate) mod plugin {
        pub(crate) mod test {
            mod cases;
            mod shape;
            mod typed;

            use std::path::Path;

            use feature_model::{DataType, Value};
            use settings::{Problem, Problems, yaml::Node};

            /// The values of the cases' inputs, column by column.
            pub(crate) fn inputs(text: &str) -> Result<Vec<(u32, Vec<Node>)>, Problems> {
                let mut columns = Vec::new();
                for case in cases::parse(text, Path::new("cases.yaml"))? {
                    let inputs = case.inputs.values();
                    let lists = inputs.map(|entry| entry.value.list().unwrap_or_default().to_vec());
                    columns.extend(lists.map(|values| (case.rows, values)));
                }
                Ok(columns)
            }

            pub(crate) fn value(node: &Node, data_type: &DataType) -> Result<Value, Problem> {
                typed::value(node, data_type)
            }
        }
    }
}

use registry_admin::{definitions, plugin::test};

static TYPES: LazyLock<Vec<DataType>> = LazyLock::new(|| {
    let names = [
        "Bool",
        "Int32",
        "Int64",
        "Float32",
        "Float64",
        "UnixTimestamp",
        "ZonedTimestamp",
        "Bytes",
        "String",
        "Json",
        "Uuid",
        "TimeUuid",
        "Decimal",
        "Array(Int64)",
        "Set(String)",
        "Array(Array(Int64))",
        "Map",
        "ScalarMap",
        "Array(Map)",
        "Struct({a: Int64, b: Map})",
        "Array(Struct({a: String}))",
    ];
    let known = names.iter().filter_map(|name| name.parse().ok());
    known
        .chain([DataType::ValueList, DataType::ValueSet])
        .collect()
});

fuzz_target!(|text: &str| {
    let columns = match test::inputs(text) {
        Ok(columns) => columns,
        Err(problems) => return check(text, &problems),
    };
    for (rows, nodes) in columns {
        assert_eq!(nodes.len(), rows as usize);
        for (node, data_type) in nodes
            .iter()
            .flat_map(|node| TYPES.iter().map(move |of| (node, of)))
        {
            match test::value(node, data_type) {
                Ok(value) => cross(&value, data_type),
                Err(problem) => check(text, &problem.into()),
            }
        }
    }
});

fn check(text: &str, problems: &Problems) {
    // A carriage return alone ends a line of YAML, too.
    let lines = text.split(['\n', '\r']).count() + 1;
    assert!(problems.has_errors());
    for problem in problems.iter() {
        assert!(problem.line <= lines, "{problem}");
        assert!(!problem.message.is_empty());
    }
}

fn cross(value: &feature_model::Value, data_type: &DataType) {
    let columns = [("c".to_owned(), data_type.clone())];
    let mut builder = BatchBuilder::new(&columns, 1);
    if builder.column([value]).is_err() {
        return;
    }
    let batch = builder.finish();
    assert_eq!(batch.check(&columns, 1), Ok(()));
    if let Ok(reader) = BatchReader::new(batch, columns.as_slice().into(), 1) {
        assert_eq!(reader.value(0, 0).is_null(), value.is_null());
    }
}
