use super::beside::{add_item, is_bare_amount};
use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};
use crate::page::Node;

/// Lists of quantities: lines that begin with an amount or hold a unit, together.
#[derive(Debug)]
pub(super) struct Ingredients;

/// Longest item, in characters; fewest quantities of a list; lines between two of them that hold none.
const LONGEST: usize = 160;
const FEWEST: usize = 3;
const GAP: usize = 3;

impl Resolver for Ingredients {
    fn name(&self) -> &'static str {
        "quantities"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].is("ingredients")).collect();
        if wanted.is_empty() {
            return;
        }
        let reading = page.reading();
        let mut runs = runs(reading);
        runs.sort_by_key(|run| std::cmp::Reverse(run.quantities));
        let most = runs.first().map_or(0, |run| run.quantities);
        for run in runs.iter().take(3) {
            let items = items(page, reading, run);
            let Ok(raw) = serde_json::to_string(&items) else { continue };
            let share = run.quantities as f64 / most as f64;
            let dense = run.quantities as f64 / (run.last - run.first + 1) as f64;
            let score = 0.78 * share * (0.6 + 0.4 * dense);
            let node = reading.lines()[run.first].block as usize;
            for field in &wanted {
                out.push(Candidate {
                    field: *field,
                    raw: raw.clone(),
                    score,
                    resolver: self.name(),
                    evidence: Evidence::Node(node),
                });
            }
        }
    }
}

/// Lines that stand together, from the first quantity to the last.
struct Run {
    first: usize,
    last: usize,
    quantities: usize,
}

fn runs(reading: &Reading<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, line) in reading.lines().iter().enumerate() {
        if line.zone.is(Zone::NAVIGATION) || line.zone.is(Zone::OTHERS) || !is_quantity(reading, line) {
            continue;
        }
        let between = |run: &Run| &reading.lines()[run.last + 1..at];
        let ends = |line: &Line| line.heading > 0 && (words("ingredients_end").prefix(reading.folded(line)).is_some());
        let joins = |run: &&mut Run| {
            at - run.last <= GAP + 1
                && between(run).iter().all(|line| reading.text(line).chars().count() <= LONGEST && !ends(line))
        };
        match runs.last_mut().filter(joins) {
            Some(run) => (run.last, run.quantities) = (at, run.quantities + 1),
            None => runs.push(Run { first: at, last: at, quantities: 1 }),
        }
    }
    runs.retain(|run| run.quantities >= FEWEST);
    // The last items of a list often have no quantity: "salt and pepper".
    for run in &mut runs {
        let list = list_around(reading, run);
        while let Some(next) = reading.lines().get(run.last + 1) {
            let in_list = list.is_some_and(|list| reading.first_node(next) < list);
            if !in_list || reading.text(next).chars().count() > LONGEST {
                break;
            }
            run.last += 1;
        }
        let last = &reading.lines()[run.last];
        if is_bare_amount(reading.text(last)) && reading.lines().get(run.last + 1).is_some_and(|next| next.heading == 0)
        {
            run.last += 1;
        }
    }
    runs
}

/// Where the list ends that holds the last line of a run.
fn list_around(reading: &Reading<'_>, run: &Run) -> Option<usize> {
    let node = reading.node_at(&reading.lines()[run.last], 0)?;
    let list = node.ancestors().take(6).find(|node| matches!(node.tag(), Some("ul" | "ol" | "tbody" | "dl")))?;
    Some(list.end())
}

/// A line such as "2 cups flour", "½ TL Salz", "flour 200 g", "小麦粉 大さじ2".
fn is_quantity(reading: &Reading<'_>, line: &Line) -> bool {
    let text = reading.text(line);
    if text.chars().count() > LONGEST || line.heading > 0 {
        return false;
    }
    let folded = reading.folded(line);
    let units = words("quantity_units");
    let is_amount =
        |c: char| c.is_ascii_digit() || matches!(c, '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215e}' | '０'..='９');
    if !text.chars().any(is_amount) {
        return false;
    }
    let tokens: Vec<&str> = folded.split(' ').collect();
    let begins = text.trim_start_matches(['-', '–', '•', '*', '▢', '□', '~', '≈', ' ']).starts_with(is_amount);
    let glued = |token: &str| {
        let unit = token.trim_start_matches(is_amount);
        unit.len() < token.len() && !unit.is_empty() && units.is(unit)
    };
    let has_unit = tokens.iter().any(|token| glued(token))
        || tokens.windows(2).any(|pair| pair[0].chars().all(is_amount) && units.is(pair[1]))
        || units.within(folded);
    // "Posted on: 11 November 2024".
    let dated = tokens.iter().any(|token| {
        token.len() == 4
            && (token.starts_with("19") || token.starts_with("20"))
            && token.bytes().all(|byte| byte.is_ascii_digit())
    });
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    // Times and steps begin with numbers too.
    let is_time = !has_unit && tokens.len() <= 4 && (words("minute").within(folded) || words("hour").within(folded));
    let is_step = text.split_once(['.', ')']).is_some_and(|(number, rest)| number.len() <= 2 && rest.len() > 60);
    (letters >= 2 || has_unit)
        && !dated
        && !is_time
        && !is_step
        && (has_unit || (begins && tokens.len() >= 2 && tokens.len() <= 14))
}

/// The items of a run: by element of a list or row of a table, else by line.
fn items(page: &PageView<'_>, reading: &Reading<'_>, run: &Run) -> Vec<String> {
    let mut items = Vec::new();
    for line in &reading.lines()[run.first..=run.last] {
        let node = page.page.node(reading.first_node(line));
        let item =
            node.and_then(|node| node.ancestors().take(6).find(|node| matches!(node.tag(), Some("li" | "tr" | "dd"))));
        // A heading within the list, as "For the sauce".
        if line.heading > 0 {
            continue;
        }
        add_item(&mut items, item.map(Node::index), reading.text(line));
    }
    items.into_iter().map(|(_, text)| text).filter(|text| !words("ingredients_end").is(&fold_label(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn amounts_stand_beside_what_they_are_of() {
        let html = "<h1>Stew</h1><div><span>2 cups</span><div>flour</div></div><div><span>1</span><div>egg</div></div><div><span>200 g</span><div>beef</div></div>\
            <div><span>½ tsp</span><div>salt</div></div><div><span>1 cup</span><div>stock</div></div>";
        assert_eq!(
            found("ingredients:list", html),
            r#"["2 cups flour","1 egg","200 g beef","½ tsp salt","1 cup stock"]"#
        );
    }

    #[test]
    fn quantities_stand_together() {
        let html = "<h1>Stew</h1><p>Serves 4 people in 30 minutes<ul><li>2 cups flour<li>½ tsp salt<li>200g beef<li>pepper</ul>\
            <p>1. Take the flour and the salt and put them into a bowl, then add some water and the beef.";
        assert_eq!(found("ingredients:list", html), r#"["2 cups flour","½ tsp salt","200g beef","pepper"]"#);
    }
}
