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
    fn texts_are_cut_between_characters() {
        let mut text = "aä".to_owned();
        cut(&mut text, 2);
        assert_eq!(text, "a");
    }
}
