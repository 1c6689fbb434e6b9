//! A page as a reader goes through it: lines of text, each in its place.

use super::phrases::fold_into;
use super::words;
use super::zone::{Zone, zones};
use crate::page::{Node, NodeKind, PageSnapshot, is_seam};

/// One line: text between two breaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    from: u32,
    to: u32,
    folded_from: u32,
    folded_to: u32,
    /// Its pieces.
    first: u32,
    last: u32,
    /// The innermost element that is no part of a line and holds it.
    pub(super) block: u32,
    /// Where on the page it is.
    pub(super) zone: Zone,
    /// 1..=6 in `<h1>` … `<h6>`, else 0.
    pub(super) heading: u8,
    /// The browser did not show it.
    pub(super) hidden: bool,
}

impl Line {
    /// Bytes of its text.
    pub(super) fn len(&self) -> usize {
        (self.to - self.from) as usize
    }
}

/// A page's text in lines.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    page: &'a PageSnapshot,
    text: String,
    folded: String,
    lines: Vec<Line>,
    /// Where each piece of text begins, and the node that it is of.
    pieces: Vec<(u32, u32)>,
    zones: Vec<Zone>,
}

/// Elements whose content no reader sees.
const UNSEEN: [&str; 9] = ["script", "style", "noscript", "template", "head", "svg", "iframe", "select", "textarea"];

impl<'a> Reading<'a> {
    pub(super) fn new(page: &'a PageSnapshot) -> Self {
        let zones = zones(page);
        let mut maker = Maker {
            reading: Self::empty(page, zones),
            folded: String::new(),
            open: Vec::new(),
            begun: None,
            shown: true,
        };
        let mut index = 0;
        while let Some(node) = page.node(index) {
            maker.close_until(index);
            index = maker.take(node);
        }
        maker.close_until(page.len());
        maker.end_line();
        maker.reading
    }

    fn empty(page: &'a PageSnapshot, zones: Vec<Zone>) -> Self {
        Self { page, text: String::new(), folded: String::new(), lines: Vec::new(), pieces: Vec::new(), zones }
    }

    /// Every line, in order.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(super) fn text(&self, line: &Line) -> &str {
        &self.text[line.from as usize..line.to as usize]
    }

    /// The whole text, folded, line by line.
    pub(super) fn all_folded(&self) -> &str {
        &self.folded
    }

    pub(super) fn folded(&self, line: &Line) -> &str {
        &self.folded[line.folded_from as usize..line.folded_to as usize]
    }

    /// The number of the element around a part of a line: bytes from its beginning.
    pub(super) fn element(&self, line: &Line, from: usize, to: usize) -> usize {
        let (from, to) = (line.from + from as u32, line.from + to as u32);
        let pieces = &self.pieces[line.first as usize..line.last as usize];
        let first = pieces.iter().rev().find(|(at, _)| *at <= from).or(pieces.first());
        let last = pieces.iter().rev().find(|(at, _)| *at < to).or(first);
        let (Some((_, first)), Some((_, last))) = (first, last) else { return line.block as usize };
        let holds = |node: &Node<'_>| node.tag().is_some() && node.end() > *last as usize;
        let node = self.page.node(*first as usize);
        node.and_then(|node| node.ancestors().find(holds)).map_or(line.block as usize, Node::index)
    }

    /// The text node in which a line begins.
    pub(super) fn first_node(&self, line: &Line) -> usize {
        self.pieces.get(line.first as usize).map_or(line.block as usize, |(_, node)| *node as usize)
    }

    /// The numbers of the text nodes that a line is made of.
    pub(super) fn nodes(&self, line: &Line) -> impl Iterator<Item = usize> {
        self.pieces[line.first as usize..line.last as usize].iter().map(|(_, node)| *node as usize)
    }

    /// Byte offsets within a line at which another node's text begins.
    pub(super) fn breaks(&self, line: &Line) -> impl Iterator<Item = usize> {
        let pieces = &self.pieces[line.first as usize..line.last as usize];
        pieces.iter().skip(1).map(|(at, _)| (*at - line.from) as usize)
    }

    /// Where in a line the text of a node begins.
    pub(super) fn offset_of(&self, line: &Line, node: usize) -> Option<usize> {
        let pieces = &self.pieces[line.first as usize..line.last as usize];
        let (at, _) = pieces.iter().find(|(_, piece)| *piece as usize >= node)?;
        Some((*at - line.from) as usize)
    }

    /// The text node at an offset of a line.
    pub(super) fn node_at(&self, line: &Line, at: usize) -> Option<Node<'a>> {
        let at = line.from + at as u32;
        let pieces = &self.pieces[line.first as usize..line.last as usize];
        let (_, node) = pieces.iter().rev().find(|(from, _)| *from <= at)?;
        self.page.node(*node as usize)
    }

    /// Numbers of the lines whose text begins below a node.
    pub(super) fn lines_below(&self, node: Node<'_>) -> std::ops::Range<usize> {
        let at = |bound: usize| self.lines.partition_point(|line| self.first_node(line) < bound);
        at(node.index())..at(node.end())
    }

    pub(super) fn zone(&self, node: usize) -> Zone {
        self.zones.get(node).copied().unwrap_or_default()
    }
}

/// WAI-ARIA 1.2: a heading without a level is of the second.
fn level_of(node: Node<'_>) -> u8 {
    node.attr("aria-level").and_then(|level| level.trim().parse().ok()).unwrap_or(2).clamp(1, 6)
}

struct Maker<'a> {
    reading: Reading<'a>,
    folded: String,
    /// Elements that are no part of a line: number, end, level of heading.
    open: Vec<(u32, u32, u8)>,
    /// Where the line that is open began: text, piece.
    begun: Option<(u32, u32)>,
    /// The piece before was shown.
    shown: bool,
}

impl Maker<'_> {
    fn close_until(&mut self, index: usize) {
        while self.open.last().is_some_and(|(_, end, _)| *end as usize <= index) {
            self.end_line();
            self.open.pop();
        }
    }

    /// Takes a node and gives the number of the next one to take.
    fn take(&mut self, node: Node<'_>) -> usize {
        let next = node.index() + 1;
        match (node.kind(), node.tag()) {
            (NodeKind::Text, _) => self.add(node),
            (_, Some(tag)) if UNSEEN.contains(&tag) => return node.end(),
            (_, Some("br" | "hr")) => self.end_line(),
            (_, Some(tag)) if !node.is_inline() => {
                self.end_line();
                let heading = match tag.as_bytes() {
                    [b'h', level @ b'1'..=b'6'] => level - b'0',
                    _ if node.attr("role") == Some("heading") => level_of(node),
                    _ => self.open.last().map_or(0, |(.., heading)| *heading),
                };
                self.open.push((node.index() as u32, node.end() as u32, heading));
            }
            _ => {}
        }
        next
    }

    fn add(&mut self, node: Node<'_>) {
        // What is hidden within a line that is shown nobody reads: "ann<i hidden>nospam</i>@acme.org".
        if self.begun.is_some() && !node.is_rendered() && self.shown {
            return;
        }
        self.shown = node.is_rendered();
        let text = &mut self.reading.text;
        let content = node.content().unwrap_or_default();
        let last = self.reading.pieces.last().and_then(|(_, node)| self.reading.page.node(*node as usize));
        if self.begun.is_some() && is_seam(text, last, node) {
            text.push(' ');
        }
        let from = text.len() as u32;
        let mut piece_from = None;
        for c in content.chars() {
            if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
                if (self.begun.is_some() || piece_from.is_some()) && !text.ends_with(' ') {
                    text.push(' ');
                }
            } else if c != '\u{ad}' {
                piece_from.get_or_insert(text.len() as u32);
                text.push(c);
            }
        }
        if let Some(at) = piece_from {
            self.begun.get_or_insert((from.min(at), self.reading.pieces.len() as u32));
            self.reading.pieces.push((at, node.index() as u32));
        }
    }

    fn end_line(&mut self) {
        let Some((from, first)) = self.begun.take() else { return };
        let reading = &mut self.reading;
        let to = from + reading.text[from as usize..].trim_end().len() as u32;
        let start = reading.pieces[first as usize].1 as usize;
        let (block, _, heading) = self.open.last().copied().unwrap_or_default();
        fold_into(&reading.text[from as usize..to as usize], &mut self.folded);
        let folded_from = reading.folded.len() as u32;
        reading.folded.push_str(&self.folded);
        let folded_to = reading.folded.len() as u32;
        reading.folded.push('\n');
        let last = reading.pieces.len() as u32;
        let zone = reading.zones.get(start).copied().unwrap_or_default();
        let hidden = reading.page.node(start).is_some_and(|node| !node.is_rendered());
        let line = Line { from, to, folded_from, folded_to, first, last, block, zone, heading, hidden };
        reading.lines.push(line);
        // Lines do not share a space.
        reading.text.push('\n');
    }
}

impl Reading<'_> {
    /// Marks what stands below a heading that announces other things than the page's own ("Related products").
    pub(super) fn mark_related(&mut self) {
        let headings: Vec<usize> = (0..self.lines.len()).filter(|at| self.announces_others(*at)).collect();
        for at in headings {
            let known = self.zones.get(self.lines[at].block as usize).is_some_and(|zone| zone.is(Zone::OTHERS));
            if known {
                continue;
            }
            let heading = self.page.node(self.lines[at].block as usize);
            let Some(section) = heading.and_then(Node::parent) else { continue };
            // A section that holds the page's own heading, or most of the page, is no section of others.
            let own = self.page.node(section.index()).is_some_and(|node| {
                node.end() - node.index() > self.page.len() * 3 / 5
                    || node
                        .descendants()
                        .take_while(|below| below.index() < self.lines[at].block as usize)
                        .any(|below| below.tag() == Some("h1"))
            });
            let from = self.lines[at].block as usize;
            let level = self.lines[at].heading;
            let mut end = section.end();
            if own {
                let ends = |line: &&Line| line.heading > 0 && (level == 0 || line.heading <= level);
                let next = self.lines[at + 1..].iter().find(ends);
                end = next.map_or(end, |next| end.min(next.block as usize));
            }
            for zone in self.zones.get_mut(from..end).into_iter().flatten() {
                *zone = zone.with(Zone::OTHERS);
            }
            for line in &mut self.lines[at..] {
                let start = self.pieces.get(line.first as usize).map_or(0, |(_, node)| *node as usize);
                if start >= end {
                    break;
                }
                line.zone = line.zone.with(Zone::OTHERS);
            }
        }
    }

    fn announces_others(&self, at: usize) -> bool {
        let line = &self.lines[at];
        let folded = self.folded(line);
        match line.heading {
            0 => words("related").is(folded),
            1 => false,
            _ => words("related").prefix(folded).is_some() || words("comments").prefix(folded).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> Vec<String> {
        let page = PageSnapshot::from_html("http://x/", html);
        let reading = Reading::new(&page);
        reading.lines().iter().map(|line| reading.text(line).to_owned()).collect()
    }

    #[test]
    fn lines_end_where_a_reader_sees_them_end() {
        assert_eq!(
            lines("<p>One <b>t</b>wo<br>three</p><script>x</script> four <div>five</div>six"),
            ["One two", "three", "four", "five", "six"]
        );
        assert_eq!(lines("<table><tr><td>a<td> b </table>"), ["a", "b"]);
        assert_eq!(lines("<p><b>Ann Lee</b><i>Editor</i>, e<b>x</b>tra"), ["Ann Lee Editor, extra"]);
        assert_eq!(lines("<p><span>Ann Lee</span><span>editor</span>, e<b>xx</b>tra"), ["Ann Lee editor, exxtra"]);
        assert_eq!(lines("<p> </p><p>\u{a0}a\u{ad}b\u{a0} </p>"), ["ab"]);
    }

    #[test]
    fn a_part_of_a_line_has_its_element() {
        let page = PageSnapshot::from_html("http://x/", "<p id=p>Call <b id=b>555 <i>01</i></b> now</p>");
        let reading = Reading::new(&page);
        let line = &reading.lines()[0];
        let id = |from, to| page.node(reading.element(line, from, to)).and_then(|node| node.attr("id"));
        assert_eq!((id(5, 11), id(0, 4), id(0, 15)), (Some("b"), Some("p"), Some("p")));
        assert_eq!(reading.breaks(line).collect::<Vec<_>>(), [5, 9, 12]);
    }
}
