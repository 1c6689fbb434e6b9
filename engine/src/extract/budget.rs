use crate::page::PageSnapshot;
use serde_json::Value;
use std::cell::Cell;

/// What may be spent on the structured data of one page. References can lead in circles and names can repeat a value: a
/// hostile page of a few lines would take for ever, or all memory.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<u32>,
    bytes: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(200_000), bytes: Cell::new(32 << 20) }
    }
}

impl Budget {
    /// For copies of what the page itself holds: a few times as many bytes as the page has.
    pub(super) fn of(page: &PageSnapshot) -> Self {
        Self { bytes: Cell::new((4 * page.size()).clamp(1 << 18, 32 << 20)), ..Self::default() }
    }

    /// False when nothing is left for another value of so many bytes.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        let (steps, left) = (self.steps.get(), self.bytes.get());
        if steps == 0 || left < bytes {
            self.steps.set(0);
            return false;
        }
        self.steps.set(steps - 1);
        self.bytes.set(left - bytes);
        true
    }
}

/// Bytes that a value takes, about: its texts, and what holds them.
pub(super) fn weight(value: &Value) -> usize {
    const HOLDER: usize = 64;
    HOLDER
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(weight).sum(),
            Value::Object(object) => object.iter().map(|(key, value)| HOLDER + key.len() + weight(value)).sum(),
            _ => 0,
        }
}

/// The beginning of a text, of at most so many bytes.
pub(super) fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::default();
        assert!(budget.spend(20 << 20));
        assert!(!budget.spend(20 << 20));
        assert!(!budget.spend(0));
    }

    #[test]
    fn what_holds_texts_weighs_too() {
        let nested = serde_json::json!({"a": {"b": ["text", 1]}});
        assert!(weight(&nested) > 4 * 64 && weight(&nested) < 10 * 64);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = "aä".to_owned();
        cut(&mut text, 2);
        assert_eq!(text, "a");
    }
}
