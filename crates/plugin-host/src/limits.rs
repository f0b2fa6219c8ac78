use std::time::Duration;

use feature_model::{ByteSize, PluginLimits};

/// What one call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of the guest. What a call waits for a core doesn't count.
    pub deadline: Duration,
    /// Bytes of all linear memories and tables of an instance.
    pub memory_bytes: u64,
    /// Bytes of the columns that it returns.
    pub output_bytes: u64,
    /// Bytes of the stack. Rounded up to a power of two, since an engine has one size.
    pub stack_bytes: u64,
    /// Lines that it may log.
    pub log_lines: u32,
}

const MIB: u64 = 1 << 20;

impl Limits {
    /// What holds where a definition says nothing.
    pub const DEFAULT: Self = Self {
        deadline: Duration::from_millis(100),
        memory_bytes: 64 * MIB,
        output_bytes: 16 * MIB,
        stack_bytes: MIB / 2,
        log_lines: 100,
    };

    /// What no definition gets more of. A call may run on a thread of tokio, whose stack has 2 MiB.
    pub const MAXIMUM: Self = Self {
        deadline: Duration::from_secs(10),
        memory_bytes: 1024 * MIB,
        output_bytes: 128 * MIB,
        stack_bytes: MIB,
        log_lines: 10_000,
    };

    /// What a view asks for beyond these: for each its key in a definition, and a sentence.
    #[must_use]
    pub fn exceeded_by(&self, asked: &PluginLimits) -> Vec<(&'static str, String)> {
        let size = |bytes: u64| ByteSize::new(bytes).to_string();
        let time = |duration: Duration| format!("{duration:?}");
        [
            beyond("deadline", asked.deadline, self.deadline, time),
            beyond("memory", asked.memory_bytes, self.memory_bytes, size),
            beyond("output", asked.output_bytes, self.output_bytes, size),
            beyond("stack", asked.stack_bytes, self.stack_bytes, size),
            beyond("log_lines", asked.log_lines, self.log_lines, |lines| {
                lines.to_string()
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What a view asks for, filled up with the defaults and cut to the maximum.
    pub(crate) fn of(asked: &PluginLimits, defaults: &Self, maximum: &Self) -> Self {
        Self {
            deadline: asked
                .deadline
                .unwrap_or(defaults.deadline)
                .min(maximum.deadline),
            memory_bytes: asked
                .memory_bytes
                .unwrap_or(defaults.memory_bytes)
                .min(maximum.memory_bytes),
            output_bytes: asked
                .output_bytes
                .unwrap_or(defaults.output_bytes)
                .min(maximum.output_bytes),
            stack_bytes: asked
                .stack_bytes
                .unwrap_or(defaults.stack_bytes)
                .min(maximum.stack_bytes),
            log_lines: asked
                .log_lines
                .unwrap_or(defaults.log_lines)
                .min(maximum.log_lines),
        }
    }
}

fn beyond<T: PartialOrd + Copy>(
    key: &'static str,
    asked: Option<T>,
    most: T,
    told: impl Fn(T) -> String,
) -> Option<(&'static str, String)> {
    let asked = asked.filter(|asked| *asked > most)?;
    let sentence = format!("`{key}` of {} is above {}", told(asked), told(most));
    Some((key, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_holds_up_to_the_maximum() {
        let asked = PluginLimits {
            deadline: Some(Duration::from_secs(3600)),
            memory_bytes: Some(1 << 16),
            ..PluginLimits::default()
        };
        let limits = Limits::of(&asked, &Limits::DEFAULT, &Limits::MAXIMUM);
        assert_eq!(limits.deadline, Limits::MAXIMUM.deadline);
        assert_eq!(limits.memory_bytes, 1 << 16);
        assert_eq!(limits.output_bytes, Limits::DEFAULT.output_bytes);
        let told = |limits: Limits| limits.exceeded_by(&asked);
        let sentence = "`deadline` of 3600s is above 10s".to_owned();
        assert_eq!(told(Limits::MAXIMUM), [("deadline", sentence.clone())]);
        assert_eq!(told(limits), [("deadline", sentence)]);
    }
}
