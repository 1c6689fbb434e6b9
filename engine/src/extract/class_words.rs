use std::borrow::Cow;

/// The words of a name in code, in lower case: `recipeIngredients__item-2` is recipe, ingredients, item, 2.
pub(super) struct ClassWords<'a> {
    rest: &'a str,
}

impl<'a> ClassWords<'a> {
    pub(super) fn new(name: &'a str) -> Self {
        Self { rest: name }
    }
}

impl<'a> Iterator for ClassWords<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest.find(|c: char| c.is_alphanumeric())?;
        let word = &self.rest[start..];
        let mut before = ' ';
        let end = word.char_indices().find(|(_, c)| {
            let ends = !c.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase());
            before = *c;
            ends
        });
        let (word, rest) = word.split_at(end.map_or(word.len(), |(at, _)| at));
        self.rest = rest;
        Some(if word.chars().any(char::is_uppercase) { Cow::Owned(word.to_lowercase()) } else { Cow::Borrowed(word) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_code_have_words() {
        let words = |name| ClassWords::new(name).collect::<Vec<_>>();
        assert_eq!(words("recipeIngredients__item-2"), ["recipe", "ingredients", "item", "2"]);
        assert_eq!(words("SKU"), ["sku"]);
        assert_eq!(words("--"), [""; 0]);
    }
}
