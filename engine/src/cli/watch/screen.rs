use super::sections::{self, Section, Theme};
use super::words::fit;
use crate::run::RunProgress;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Alerts that are shown at most.
const ALERTS: usize = 4;
/// From this width on, sections stand side by side.
const WIDE: u16 = 130;

/// What a person asks of a run that they watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Pause,
    Resume,
    Stop,
    Concurrency(u32),
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    Leave,
    Wish(Wish),
}

/// Everything that the screen shows.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) theme: Theme,
    pub(super) run: Option<RunProgress>,
    /// Why there are no newer figures.
    pub(super) fault: Option<String>,
    /// What came of the last wish.
    pub(super) said: Option<String>,
    /// Wishes can be carried out.
    pub(super) can_control: bool,
    asks_to_stop: bool,
    concurrency: Option<u32>,
}

impl Screen {
    pub(super) fn new(theme: Theme, can_control: bool) -> Self {
        Self { theme, run: None, fault: None, said: None, can_control, asks_to_stop: false, concurrency: None }
    }

    /// New figures.
    pub(super) fn show(&mut self, run: RunProgress) {
        if self.concurrency == Some(limit(&run)) {
            self.concurrency = None;
        }
        self.fault = None;
        self.run = Some(run);
    }

    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<Do> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let interrupted = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if interrupted || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) && !self.asks_to_stop {
            return Some(Do::Leave);
        }
        let run = self.run.as_ref().filter(|run| self.can_control && !run.is_closed())?;
        let paused = run.shards.iter().any(|shard| matches!(shard.state, crate::run::ShardState::Paused { .. }));
        if std::mem::take(&mut self.asks_to_stop) {
            return (key.code == KeyCode::Char('y')).then_some(Do::Wish(Wish::Stop));
        }
        let concurrency = self.concurrency.unwrap_or(limit(run));
        let wish = match key.code {
            KeyCode::Char('p') if paused => Wish::Resume,
            KeyCode::Char('p') => Wish::Pause,
            KeyCode::Char('+' | '=') if concurrency > 0 => Wish::Concurrency((concurrency + 1).min(256)),
            KeyCode::Char('-') if concurrency > 1 => Wish::Concurrency(concurrency - 1),
            KeyCode::Char('s') => {
                self.asks_to_stop = true;
                return None;
            }
            _ => return None,
        };
        if let Wish::Concurrency(n) = wish {
            self.concurrency = Some(n);
        }
        Some(Do::Wish(wish))
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let width = usize::from(area.width);
        let Some(run) = &self.run else {
            let text = self.fault.as_deref().map_or_else(|| "looking …".to_owned(), |fault| format!("! {fault}"));
            frame.render_widget(Line::raw(fit(&text, width)), top(area, 0));
            frame.render_widget(self.footer(), bottom(area));
            return;
        };
        let mut lines = vec![
            sections::head(run, self.theme, width),
            sections::bar(run, self.theme, width),
            sections::pace(run, self.theme, width),
            sections::health(run, self.theme),
        ];
        let mut alerts = sections::alerts(run, self.theme, width);
        if let Some(fault) = &self.fault {
            alerts
                .insert(0, Line::styled(fit(&format!("! these figures are old: {fault}"), width), self.theme.strong()));
        }
        if alerts.len() > ALERTS {
            alerts.truncate(ALERTS - 1);
            alerts.push(Line::raw("! and more: `mino status` lists them all"));
        }
        lines.extend(alerts);
        let head = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(1));
        for (row, line) in lines.into_iter().enumerate().take(usize::from(head)) {
            frame.render_widget(line, top(area, row));
        }
        let rest = Rect { y: area.y + head, height: area.height.saturating_sub(head + 1), ..area };
        self.sections(run, rest, frame);
        frame.render_widget(self.footer(), bottom(area));
    }

    fn sections(&self, run: &RunProgress, area: Rect, frame: &mut Frame<'_>) {
        if area.width < WIDE {
            let width = usize::from(area.width);
            return stack(self.all_sections(run, width), area, self.theme, frame);
        }
        let halves: [Rect; 2] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(area);
        let width = usize::from(halves[0].width.min(halves[1].width));
        let [workers, under_way, failures, values] = self.all_sections(run, width);
        stack([workers, under_way], halves[0], self.theme, frame);
        stack([failures, values], halves[1], self.theme, frame);
    }

    fn all_sections(&self, run: &RunProgress, width: usize) -> [Section; 4] {
        [
            sections::shards(run, self.theme, width),
            sections::under_way(run, self.theme, width),
            sections::failures(run, self.theme, width),
            sections::values(run, self.theme, width),
        ]
    }

    fn footer(&self) -> Line<'static> {
        if self.asks_to_stop {
            return Line::styled("stop the run, keeping what is done? y: yes, any other key: no", self.theme.strong());
        }
        let mut keys = vec![("q", "leave")];
        if self.can_control {
            keys.extend([("p", "pause or resume"), ("s", "stop"), ("+ -", "concurrency")]);
        }
        let mut spans = Vec::new();
        for (key, what) in keys {
            spans.push(Span::styled(key, self.theme.strong()));
            spans.push(Span::styled(format!(" {what}   "), self.theme.quiet()));
        }
        if let Some(said) = &self.said {
            spans.push(Span::raw(fit(said, 120)));
        }
        Line::from(spans)
    }
}

/// Pages open at once that a worker was given; those of a run are given the same.
fn limit(run: &RunProgress) -> u32 {
    run.shards.iter().map(|shard| shard.concurrency.limit).max().unwrap_or(0)
}

fn top(area: Rect, row: usize) -> Rect {
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    Rect { y: area.y.saturating_add(row), height: u16::from(row < area.height), ..area }
}

fn bottom(area: Rect) -> Rect {
    Rect { y: area.y + area.height.saturating_sub(1), height: area.height.min(1), ..area }
}

/// Sections below each other, each with a fair part of the rows.
fn stack<const N: usize>(sections: [Section; N], area: Rect, theme: Theme, frame: &mut Frame<'_>) {
    let wanted = sections.each_ref().map(|section| section.rows.len() + 1);
    let heights = share_out(usize::from(area.height), wanted);
    let mut row = 0;
    for (section, height) in sections.into_iter().zip(heights) {
        let Section { title, rows } = section;
        let width = usize::from(area.width);
        let rule = "─".repeat(width.saturating_sub(Span::raw(title.clone()).width() + 4));
        let title = Line::from(vec![
            Span::styled("─ ", theme.quiet()),
            Span::styled(title, theme.strong()),
            Span::styled(format!(" {rule}"), theme.quiet()),
        ]);
        for line in std::iter::once(title).chain(rows).take(height) {
            frame.render_widget(line, top(area, row));
            row += 1;
        }
    }
}

/// Rows given in turn, one at a time, until each has what it wants or there are no more.
fn share_out<const N: usize>(mut rows: usize, wanted: [usize; N]) -> [usize; N] {
    let mut given = [0; N];
    while rows > 0 && given != wanted {
        for (given, wanted) in given.iter_mut().zip(wanted) {
            if *given < wanted && rows > 0 {
                *given += 1;
                rows -= 1;
            }
        }
    }
    given
}
