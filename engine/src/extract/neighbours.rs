use super::labels::{accept, by_rank, share};
use super::reading::{Line, Reading};
use super::word_index::WordIndex;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::{Frame, PageSnapshot};
use std::sync::Arc;

/// What stands to the right of a label or below it as the browser drew them, wherever the document has them.
#[derive(Debug)]
pub(super) struct Neighbours {
    labels: Arc<WordIndex>,
}

impl Neighbours {
    pub(super) fn new(labels: Arc<WordIndex>) -> Self {
        Self { labels }
    }
}

/// Places with a field's label that are looked at, and proposals for one field.
const MOST_PLACES: usize = 24;
const MOST: usize = 3;
/// Trust in what stands to the right, and below.
const RIGHT: f64 = 0.7;
const BELOW: f64 = 0.58;
/// Farthest that a value stands from its label, in heights of the label's line.
const FARTHEST_RIGHT: f32 = 24.0;
const FARTHEST_BELOW: f32 = 2.5;

impl Resolver for Neighbours {
    fn name(&self) -> &'static str {
        "neighbour"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        if !page.page.has_layout() {
            return;
        }
        let reading = page.reading();
        let labels: Vec<(usize, &[(usize, usize)])> = places(reading, &self.labels).collect();
        if labels.is_empty() {
            return;
        }
        let frames: Vec<Option<Frame>> = reading.lines().iter().map(|line| frame(page.page, reading, line)).collect();
        let (mut places, mut found) = (vec![0; queries.len()], vec![0; queries.len()]);
        for (at, fields) in labels {
            for (field, rank) in fields {
                places[*field] += 1;
                if places[*field] > MOST_PLACES || found[*field] >= MOST || queries[*field].is_list() {
                    continue;
                }
                for (value, trust) in [(right_of(&frames, at), RIGHT), (below(&frames, at), BELOW)] {
                    let Some(line) = value.and_then(|value| reading.lines().get(value)) else { continue };
                    if line.zone.is(Zone::NAVIGATION) || are_alike(page.page, &reading.lines()[at], line) {
                        continue;
                    }
                    let text = reading.text(line);
                    let Some(raw) = accept(text, &queries[*field]) else { continue };
                    found[*field] += 1;
                    out.push(Candidate {
                        field: *field,
                        raw,
                        score: trust * share(line) * by_rank(*rank),
                        resolver: self.name(),
                        evidence: Evidence::Node(reading.element(line, 0, text.len())),
                    });
                    break;
                }
            }
        }
    }
}

/// Lines that are a label and nothing else.
fn places<'a>(reading: &'a Reading<'_>, labels: &'a WordIndex) -> impl Iterator<Item = (usize, &'a [(usize, usize)])> {
    let lines = reading.lines().iter().enumerate();
    let lines = lines.filter(|(_, line)| !line.zone.is(Zone::NAVIGATION));
    lines.map(|(at, line)| (at, labels.get(reading.folded(line)))).filter(|(_, fields)| !fields.is_empty())
}

/// What is made as the label is, is the label of something else: the next of a row of tiles, or of a column.
fn are_alike(page: &PageSnapshot, label: &Line, value: &Line) -> bool {
    let (Some(label), Some(value)) = (page.node(label.block as usize), page.node(value.block as usize)) else {
        return false;
    };
    let class = label.attr("class").filter(|class| !class.trim().is_empty());
    label.tag() == value.tag() && class.is_some() && class == value.attr("class")
}

/// What a line's texts cover together; `None` for what was not drawn.
fn frame(page: &PageSnapshot, reading: &Reading<'_>, line: &Line) -> Option<Frame> {
    reading.nodes(line).filter_map(|node| page.node(node)?.frame()).reduce(|a, b| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        let (right, bottom) = ((a.x + a.width).max(b.x + b.width), (a.y + a.height).max(b.y + b.height));
        Frame { x, y, width: right - x, height: bottom - y }
    })
}

/// The nearest line to the right that stands at the same height.
fn right_of(frames: &[Option<Frame>], label: usize) -> Option<usize> {
    let own = frames[label]?;
    let middle = own.y + own.height / 2.0;
    nearest(frames, label, |other| {
        let level = other.y <= middle && middle <= other.y + other.height;
        let gap = other.x - (own.x + own.width);
        (level && gap > -1.0 && gap <= FARTHEST_RIGHT * own.height).then_some(gap)
    })
}

/// The nearest line below that begins where the label does, or stands around the same middle.
fn below(frames: &[Option<Frame>], label: usize) -> Option<usize> {
    let own = frames[label]?;
    let middle = |frame: &Frame| frame.x + frame.width / 2.0;
    nearest(frames, label, |other| {
        let aligned = (other.x - own.x).abs() <= own.height || (middle(other) - middle(&own)).abs() <= own.height;
        let gap = other.y - (own.y + own.height);
        (aligned && gap > -1.0 && gap <= FARTHEST_BELOW * own.height).then_some(gap)
    })
}

fn nearest(frames: &[Option<Frame>], label: usize, gap: impl Fn(&Frame) -> Option<f32>) -> Option<usize> {
    let others = frames.iter().enumerate().filter(|(at, _)| *at != label);
    let fits = others.filter_map(|(at, frame)| Some((at, gap(frame.as_ref()?)?)));
    fits.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(boxes: &[(f32, f32)]) -> Vec<Option<Frame>> {
        boxes.iter().map(|(x, y)| Some(Frame { x: *x, y: *y, width: 80.0, height: 20.0 })).collect()
    }

    #[test]
    fn labels_are_no_values() {
        let html =
            "<div><p class=l>Sheriff</p><p class=v>Ann Lee</p></div><div><p class=l>Office</p></div><p>x</p><p>y</p>";
        let page = PageSnapshot::from_html("http://x/", html);
        let view = PageView::new(&page);
        let lines = view.reading().lines();
        let alike = |a: usize, b: usize| are_alike(&page, &lines[a], &lines[b]);
        assert!(alike(0, 2) && !alike(0, 1) && !alike(3, 4));
    }

    #[test]
    fn values_stand_beside_or_below() {
        // Two columns drawn side by side: labels first in the document, then values.
        let columns = frames(&[(0.0, 0.0), (0.0, 30.0), (100.0, 0.0), (100.0, 31.0)]);
        assert_eq!((right_of(&columns, 0), right_of(&columns, 1), right_of(&columns, 2)), (Some(2), Some(3), None));
        // A row of heads above a row of values.
        let rows = frames(&[(0.0, 0.0), (300.0, 0.0), (0.0, 25.0), (300.0, 25.0)]);
        assert_eq!((below(&rows, 0), below(&rows, 1), below(&rows, 2)), (Some(2), Some(3), None));
        assert_eq!(right_of(&frames(&[(0.0, 0.0), (900.0, 0.0)]), 0), None);
        assert_eq!(right_of(&[None, None], 0), None);
    }
}
