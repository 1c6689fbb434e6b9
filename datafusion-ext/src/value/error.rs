/// A text was not a value of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// There was no text, or white space only.
    #[error("expected {expected}, got nothing")]
    Empty {
        /// What was expected.
        expected: &'static str,
    },
    /// The text is not of the type.
    #[error("expected {expected}, got `{given}`")]
    Invalid {
        /// What was expected.
        expected: &'static str,
        /// The text as given, cut to 60 characters.
        given: String,
    },
}

impl ValueError {
    /// `raw` is not `expected`.
    pub(super) fn new(expected: &'static str, raw: &str) -> Self {
        let raw = raw.trim();
        if raw.is_empty() {
            return Self::Empty { expected };
        }
        let mut given: String = raw.chars().take(60).collect();
        if given.len() < raw.len() {
            given.push('…');
        }
        Self::Invalid { expected, given }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_what_was_given() {
        assert_eq!(ValueError::new("a number", " abc ").to_string(), "expected a number, got `abc`");
        assert_eq!(ValueError::new("a number", " ").to_string(), "expected a number, got nothing");
        let long = ValueError::new("a number", &"ä".repeat(1000)).to_string();
        assert_eq!(long, format!("expected a number, got `{}…`", "ä".repeat(60)));
    }
}
