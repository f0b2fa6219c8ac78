use feature_model::PluginLimits;
use settings::{CallLimits, PluginSettings};

/// On what terms a project's plugins run: a host may have many projects.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The project's name.
    pub project: String,
    defaults: CallLimits,
    maximum: CallLimits,
}

impl Terms {
    /// Those of the project's own settings.
    #[must_use]
    pub fn new(project: &str, settings: &PluginSettings) -> Self {
        Self {
            project: project.to_owned(),
            defaults: settings.defaults,
            maximum: settings.maximum,
        }
    }

    /// What a definition asks for, filled up with the defaults and cut to the maximum.
    pub(super) fn limits(&self, asked: &PluginLimits) -> PluginLimits {
        let (defaults, maximum) = (&self.defaults, &self.maximum);
        let of = |asked: Option<u64>, part: fn(&CallLimits) -> u64| {
            Some(asked.unwrap_or(part(defaults)).min(part(maximum)))
        };
        let deadline = asked.deadline.unwrap_or(defaults.deadline);
        let log_lines = asked.log_lines.unwrap_or(defaults.log_lines);
        PluginLimits {
            deadline: Some(deadline.min(maximum.deadline)),
            memory_bytes: of(asked.memory_bytes, |limits| limits.memory_bytes),
            output_bytes: of(asked.output_bytes, |limits| limits.output_bytes),
            stack_bytes: of(asked.stack_bytes, |limits| limits.stack_bytes),
            log_lines: Some(log_lines.min(maximum.log_lines)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_definition_gets_what_it_asks_for_within_its_projects_settings() {
        let mut settings = PluginSettings::default();
        settings.defaults.deadline = Duration::from_millis(7);
        settings.maximum.memory_bytes = 1 << 20;
        settings.maximum.log_lines = 3;
        let asked = PluginLimits {
            memory_bytes: Some(1 << 30),
            output_bytes: Some(5),
            ..PluginLimits::default()
        };
        let limits = Terms::new("prj", &settings).limits(&asked);
        assert_eq!(limits.deadline, Some(Duration::from_millis(7)));
        assert_eq!(limits.memory_bytes, Some(1 << 20));
        assert_eq!(limits.output_bytes, Some(5));
        assert_eq!(limits.stack_bytes, Some(settings.defaults.stack_bytes));
        assert_eq!(limits.log_lines, Some(3));
    }
}
