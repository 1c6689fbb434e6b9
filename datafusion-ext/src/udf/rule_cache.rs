use crate::value::{FieldType, ValueRule};
use datafusion::common::{Result, exec_datafusion_err};

/// The rule of the type that was named last: a type is mostly the same for a whole batch.
#[derive(Debug, Default)]
pub(super) struct RuleCache {
    last: Option<(String, ValueRule)>,
}

impl RuleCache {
    /// The rule of a type by its name.
    ///
    /// # Errors
    /// When no type has this name.
    pub(super) fn rule(&mut self, function: &str, name: &str) -> Result<&mut ValueRule> {
        let known = matches!(&self.last, Some((last, _)) if last == name);
        if !known {
            let field_type: FieldType = name.parse().map_err(|error| exec_datafusion_err!("{function}: {error}"))?;
            self.last = None;
            self.last.get_or_insert_with(|| (name.to_owned(), ValueRule::new(field_type)));
        }
        match &mut self.last {
            Some((_, rule)) => Ok(rule),
            None => Err(exec_datafusion_err!("{function}: no type")),
        }
    }
}
