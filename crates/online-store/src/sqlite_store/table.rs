use feature_model::ProjectName;
use rusqlite::Connection;

/// Features in one statement: five in six of SQLite's 32,766 variables.
const FEATURES_PER_STATEMENT: usize = 8_000;

/// A view's table, `<project>_<view>` as Feast calls it.
pub(crate) struct Table {
    name: String,
}

/// Columns that not every release of Feast has.
#[derive(Clone, Copy, Default)]
pub(crate) struct Columns {
    /// Feast made it with `enable_openai_compatible_store`: the value as a number.
    pub(crate) value_num: bool,
    /// The value as a vector, which Feast fills with `vector_enabled`.
    vector_value: bool,
}

impl Table {
    /// The name is Feast's: that of view `c` in project `a_b` and of view `b_c` in project `a` is the same.
    pub(crate) fn of(project: &ProjectName, view: &str) -> Self {
        Self {
            name: format!("{project}_{view}"),
        }
    }

    /// Makes the table as Feast 0.67 makes it, and brings one that an older Feast made up to that.
    pub(crate) fn prepare(&self, connection: &Connection) -> rusqlite::Result<Columns> {
        let (table, index) = (quoted(&self.name), quoted(&format!("{}_ek", self.name)));
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {table} (entity_key BLOB, feature_name TEXT, value BLOB, \
             value_text TEXT, vector_value BLOB, event_ts timestamp, created_ts timestamp, \
             PRIMARY KEY(entity_key, feature_name)); \
             CREATE INDEX IF NOT EXISTS {index} ON {table} (entity_key);"
        ))?;
        let mut statement = connection.prepare_cached(&format!("PRAGMA table_info({table})"))?;
        let names: Vec<String> = statement
            .query_map([], |row| row.get("name"))?
            .collect::<rusqlite::Result<_>>()?;
        let has = |column: &str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
        if !has("value_text") {
            connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN value_text TEXT"))?;
        }
        Ok(Columns {
            value_num: has("value_num"),
            vector_value: has("vector_value"),
        })
    }

    /// Whether the table is there.
    pub(crate) fn exists(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection
            .prepare_cached(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
            )?
            .exists([&self.name])
    }

    /// All features of the entity key `?1`: `feature_name, value, event_ts`.
    pub(crate) fn select(&self) -> String {
        format!(
            "SELECT feature_name, value, event_ts FROM {} WHERE entity_key = ?1",
            quoted(&self.name)
        )
    }

    /// How many entity keys have a row.
    pub(crate) fn count(&self) -> String {
        format!(
            "SELECT count(DISTINCT entity_key) FROM {}",
            quoted(&self.name)
        )
    }

    /// Whether there is any row.
    pub(crate) fn any(&self) -> String {
        format!("SELECT EXISTS (SELECT 1 FROM {})", quoted(&self.name))
    }

    /// Removes the table and its index.
    pub(crate) fn drop(&self) -> String {
        format!("DROP TABLE IF EXISTS {}", quoted(&self.name))
    }

    /// Whether any feature of entity key `?1` is newer than event time `?2`, which is `?3` in seconds since
    /// the epoch (for comparison with text).
    pub(crate) fn newer(&self) -> String {
        format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE entity_key=?1 AND {NEWER})",
            quoted(&self.name)
        )
    }

    /// Statements that write one entity's row, features in their order: only a row of very many features
    /// takes more than one.
    pub(crate) fn upserts<'f>(
        &self,
        features: &'f [String],
        columns: Columns,
    ) -> Vec<(&'f [String], String)> {
        features
            .chunks(FEATURES_PER_STATEMENT)
            .map(|features| (features, self.upsert(features, columns)))
            .collect()
    }

    /// `?1` entity key, `?2` event time, `?3` created time or null; then for each feature its value, its
    /// text, and its number where the table has a column for that.
    fn upsert(&self, features: &[String], columns: Columns) -> String {
        let per_feature = if columns.value_num { 3 } else { 2 };
        let rows: Vec<String> = features
            .iter()
            .enumerate()
            .map(|(index, feature)| {
                let variables: Vec<String> = (0..per_feature)
                    .map(|offset| format!("?{}", 4 + index * per_feature + offset))
                    .collect();
                format!("(?1,{},{},?2,?3)", literal(feature), variables.join(","))
            })
            .collect();
        let (number, set_number) = if columns.value_num {
            ("value_num,", "value_num=excluded.value_num,")
        } else {
            ("", "")
        };
        // A vector of the value that is replaced would be wrong for the new one.
        let set_vector = if columns.vector_value {
            "vector_value=NULL,"
        } else {
            ""
        };
        format!(
            "INSERT INTO {} \
             (entity_key,feature_name,value,value_text,{number}event_ts,created_ts) VALUES {} \
             ON CONFLICT(entity_key,feature_name) DO UPDATE SET value=excluded.value,\
             value_text=excluded.value_text,{set_number}{set_vector}\
             event_ts=excluded.event_ts,created_ts=excluded.created_ts",
            quoted(&self.name),
            rows.join(",")
        )
    }
}

/// Whether a stored row is newer than `?2`. Feast before 0.42 stored text, in UTC.
const NEWER: &str = "CASE typeof(event_ts) WHEN 'integer' THEN event_ts>?2 \
     WHEN 'text' THEN CAST(strftime('%s',event_ts) AS INTEGER)>?3 ELSE 0 END";

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
