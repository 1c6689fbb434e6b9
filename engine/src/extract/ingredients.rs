use super::beside::{add_item, is_bare_amount};
use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, labels_of, words};
use crate::page::Node;
use std::collections::HashSet;
use std::ops::Range;

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
    let mut runs = merged(reading, runs);
    runs.retain(|run| run.quantities >= FEWEST);
    // The last items of a list often have no quantity: "salt and pepper".
    let starts: Vec<usize> = runs.iter().map(|run| run.first).chain([reading.lines().len()]).collect();
    for (nth, run) in runs.iter_mut().enumerate() {
        let list = list_around(reading, run);
        while let Some(next) = reading.lines().get(run.last + 1).filter(|_| run.last + 1 < starts[nth + 1]) {
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

/// Lines between the lists of one recipe: the last items of the one, without a quantity, and the heading of the other.
const APART: usize = 8;

/// Runs in lists side by side are groups of one list: "For the dough", "For the sauce".
fn merged(reading: &Reading<'_>, runs: Vec<Run>) -> Vec<Run> {
    let list = |line: &Line| {
        let node = reading.node_at(line, 0)?;
        node.ancestors().take(7).find(|node| matches!(node.tag(), Some("ul" | "ol" | "table" | "dl")))
    };
    let mut all: Vec<Run> = Vec::new();
    for run in runs {
        let beside = |known: &&mut Run| {
            let (Some(a), Some(b)) = (list(&reading.lines()[known.last]), list(&reading.lines()[run.first])) else {
                return false;
            };
            let around = |node: Node<'_>| node.ancestors().take(2).map(Node::index).collect::<Vec<_>>();
            let (left, right) = (around(a), around(b));
            let between = &reading.lines()[known.last + 1..run.first];
            let ends = between
                .iter()
                .any(|line| line.heading > 0 && words("ingredients_end").prefix(reading.folded(line)).is_some());
            a != b
                && a.tag() == b.tag()
                && a.tag() != Some("ol")
                && between.len() <= APART
                && !ends
                && !are_alternatives(reading, known, &run)
                && left.iter().any(|node| right.contains(node))
        };
        match all.last_mut().filter(beside) {
            Some(known) => (known.last, known.quantities) = (run.last, known.quantities + run.quantities),
            None => all.push(run),
        }
    }
    all
}

/// The same in other units, or once more for narrow screens.
fn are_alternatives(reading: &Reading<'_>, one: &Run, other: &Run) -> bool {
    let (left, right) = (words_of(reading, one), words_of(reading, other));
    2 * left.intersection(&right).count() >= left.len().min(right.len()).max(1)
}

/// The words of a run, without numbers and short ones.
fn words_of<'r>(reading: &'r Reading<'_>, run: &Run) -> HashSet<&'r str> {
    const MOST: usize = 100;
    let lines = reading.lines()[run.first..=run.last].iter().take(MOST);
    lines.flat_map(|line| reading.folded(line).split(' ')).filter(|word| word.chars().count() > 3).collect()
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
    // "Antal: 18 stk."
    let label = text.split_once([':', '：']).map(|(label, _)| fold_label(label)).unwrap_or_default();
    let about = ["yields", "prep_time", "cook_time", "total_time", "rest_time", "calories"];
    if !label.is_empty() && about.iter().any(|kind| labels_of(kind).is(&label)) {
        return false;
    }
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

/// Lines of a list that are looked at.
const MOST_LINES: usize = 800;
/// Largest element of one item, in nodes.
const LARGEST_ITEM: usize = 60;

/// The items of a run: by the elements that stand side by side and hold a quantity each, else by line.
fn items(page: &PageView<'_>, reading: &Reading<'_>, run: &Run) -> Vec<String> {
    let last = run.last.min(run.first + MOST_LINES);
    let quantities: Vec<usize> = (run.first..=last).filter(|at| is_quantity(reading, &reading.lines()[*at])).collect();
    let holders: Vec<Option<Range<usize>>> =
        (run.first..=last).map(|at| item_around(page, reading, &quantities, at)).collect();
    let from = holders.first().cloned().flatten().map_or(run.first, |item| first_line(reading, &item).min(run.first));
    let mut items = Vec::new();
    for at in from..=last {
        let line = &reading.lines()[at];
        // A heading within the list, as "For the sauce", and buttons to choose units.
        if line.heading > 0 || is_pressed(page, reading, line) {
            continue;
        }
        let node = reading.first_node(line);
        let nth = at.saturating_sub(run.first);
        let own = (at >= run.first).then(|| holders[nth].as_ref()).flatten();
        let near = || holders[nth.saturating_sub(GAP)..(nth + GAP).min(holders.len())].iter().flatten();
        let around = || near().filter(|item| item.contains(&node)).min_by_key(|item| item.end - item.start);
        let item = own.or_else(around).map(|item| item.start);
        add_item(&mut items, item, reading.text(line));
    }
    items.into_iter().map(|(_, text)| text).filter(|text| !words("ingredients_end").is(&fold_label(text))).collect()
}

fn first_line(reading: &Reading<'_>, item: &Range<usize>) -> usize {
    reading.lines().partition_point(|line| reading.first_node(line) < item.start)
}

fn is_pressed(page: &PageView<'_>, reading: &Reading<'_>, line: &Line) -> bool {
    let node = page.page.node(reading.first_node(line));
    node.is_some_and(|node| node.ancestors().take(3).any(|above| matches!(above.tag(), Some("button" | "select"))))
}

/// The element around a line that stands beside those of the other lines: an item of a list, a row, or any element whose
/// parent holds the items.
fn item_around(page: &PageView<'_>, reading: &Reading<'_>, quantities: &[usize], at: usize) -> Option<Range<usize>> {
    let node = |at: usize| page.page.node(reading.first_node(&reading.lines()[at]));
    let own = node(at)?;
    if let Some(item) = own.ancestors().take(6).find(|node| matches!(node.tag(), Some("li" | "tr" | "dd"))) {
        return Some(item.index()..item.end());
    }
    let place = quantities.binary_search(&at).ok()?;
    let beside = [place.checked_sub(1), Some(place + 1)].into_iter().flatten();
    let beside = beside.filter_map(|other| node(*quantities.get(other)?));
    let items = beside.map(|other| {
        let apart = |above: &Node<'_>| !(above.index()..above.end()).contains(&other.index());
        own.ancestors().take_while(apart).last()
    });
    // Lines that are parted by <br> alone are items themselves.
    let items: Vec<Node<'_>> = items.collect::<Option<_>>()?;
    // The smaller of the two: groups of items are no items.
    let item = items.into_iter().min_by_key(|item| item.end() - item.index())?;
    (item.end() - item.index() <= LARGEST_ITEM).then(|| item.index()..item.end())
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
    fn names_may_stand_before_their_amounts() {
        let html = "<h1>鶏</h1><div class=r><span>鶏むね肉</span><div>1枚(約300g)</div></div><div class=r><span>塩麹</span><div>大さじ2</div></div>\
            <div class=r><span>醤油</span><div>小さじ2</div></div>";
        assert_eq!(found("ingredients:list", html), r#"["鶏むね肉 1枚(約300g)","塩麹 大さじ2","醤油 小さじ2"]"#);
        let rows = "<h1>Bread</h1><table><tr><td>Flour<td>500g<td>1lb<tr><td>Yeast<td>7g<td>1 sachet<tr><td>Salt<td>8g<td>2 tsp</table>";
        assert_eq!(found("ingredients:list", rows), r#"["Flour 500g 1lb","Yeast 7g 1 sachet","Salt 8g 2 tsp"]"#);
    }

    #[test]
    fn groups_are_one_list() {
        let html = "<h1>Stew</h1><table><tr><td>2 cups<td>flour<tr><td>1 tsp<td>salt<tr><td>200 g<td>beef<tr><td><td>pepper</table>\
            <p>For the sauce</p><table><tr><td>1 cup<td>stock<tr><td>2 tbsp<td>oil<tr><td>1<td>onion</table>";
        assert_eq!(
            found("ingredients:list", html),
            r#"["2 cups flour","1 tsp salt","200 g beef","pepper","For the sauce","1 cup stock","2 tbsp oil","1 onion"]"#
        );
    }

    #[test]
    fn quantities_stand_together() {
        let html = "<h1>Stew</h1><p>Serves 4 people in 30 minutes<ul><li>2 cups flour<li>½ tsp salt<li>200g beef<li>pepper</ul>\
            <p>1. Take the flour and the salt and put them into a bowl, then add some water and the beef.";
        assert_eq!(found("ingredients:list", html), r#"["2 cups flour","½ tsp salt","200g beef","pepper"]"#);
    }
}
