//! What a person sees, letter by letter.

use super::lines::Lines;
use super::screen::{Do, Screen, Wish};
use super::sections::Theme;
use crate::run::testing::{busy_run, now, record, seen, shard};
use crate::run::{Alert, Eta, RunInput, RunProgress, ShardState, merge};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn drawn(screen: &Screen, width: u16, height: u16) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| screen.draw(frame));
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn screen(run: RunProgress) -> Screen {
    let mut screen = Screen::new(Theme { colour: false }, true);
    screen.show(run);
    screen
}

fn press(screen: &mut Screen, key: char) -> Option<Do> {
    screen.on_key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE))
}

#[test]
fn a_run_on_eighty_columns() {
    insta::assert_snapshot!(drawn(&screen(busy_run()), 80, 24), @"");
}

#[test]
fn a_run_on_a_wide_screen() {
    insta::assert_snapshot!(drawn(&screen(busy_run()), 150, 24), @"");
}

#[test]
fn the_time_left_is_a_range() {
    let mut run = busy_run();
    run.eta = Some(Eta { seconds: 153.0, low: 120.0, high: None });
    let text = drawn(&screen(run), 80, 24);
    assert!(text.contains("\nrate 1.0/s, now 1.0/s   2m 33s left (2m 00s to more)   2.0s an attempt"), "{text}");
}

#[test]
fn no_screen_is_too_small() {
    for (width, height) in [(1, 1), (10, 3), (40, 6), (79, 9), (200, 2)] {
        drawn(&screen(busy_run()), width, height);
        drawn(&Screen::new(Theme { colour: true }, false), width, height);
    }
}

#[test]
fn before_the_first_figures() {
    let mut waiting = Screen::new(Theme { colour: false }, false);
    assert_eq!(drawn(&waiting, 40, 2), "looking …\nq leave");
    waiting.fault = Some("cannot list runs".into());
    assert_eq!(drawn(&waiting, 40, 2), "! cannot list runs\nq leave");
    waiting.show(busy_run());
    waiting.fault = Some("cannot list runs".into());
    assert!(drawn(&waiting, 80, 24).contains("\n! these figures are old: cannot list runs\n"));
}

#[test]
fn a_run_that_nobody_has_begun() {
    let mut queued = record();
    queued.status = crate::model::RunStatus::Queued;
    let input = RunInput {
        record: &queued,
        summary: None,
        tasks: 9,
        shards: &[],
        unreadable: &[],
        baseline_p50: None,
        at: now(5).at,
    };
    insta::assert_snapshot!(drawn(&screen(merge(&input)), 80, 10), @"");
}

#[test]
fn keys_ask_for_what_they_say() {
    let mut screen = screen(busy_run());
    assert_eq!(press(&mut screen, 'p'), Some(Do::Wish(Wish::Pause)));
    assert_eq!(press(&mut screen, '+'), Some(Do::Wish(Wish::Concurrency(5))));
    assert_eq!(press(&mut screen, '+'), Some(Do::Wish(Wish::Concurrency(6))), "before the figures show the first");
    assert_eq!(press(&mut screen, '-'), Some(Do::Wish(Wish::Concurrency(5))));
    assert_eq!(press(&mut screen, 'x'), None);
    assert_eq!(press(&mut screen, 'q'), Some(Do::Leave));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.on_key(interrupt), Some(Do::Leave));
    let mut paused = busy_run();
    paused.shards[0].state = ShardState::Paused { reason: "r".into(), by: "b".into(), since: paused.at };
    screen.show(paused);
    assert_eq!(press(&mut screen, 'p'), Some(Do::Wish(Wish::Resume)));
}

#[test]
fn a_run_is_stopped_only_after_a_second_key() {
    let mut screen = screen(busy_run());
    assert_eq!(press(&mut screen, 's'), None);
    assert!(drawn(&screen, 80, 24).ends_with("stop the run, keeping what is done? y: yes, any other key: no"));
    assert_eq!(press(&mut screen, 'q'), None, "no is not leave");
    assert_eq!(press(&mut screen, 'y'), None);
    press(&mut screen, 's');
    assert_eq!(press(&mut screen, 'y'), Some(Do::Wish(Wish::Stop)));
}

#[test]
fn without_control_keys_only_leave() {
    let mut screen = Screen::new(Theme { colour: false }, false);
    screen.show(busy_run());
    assert_eq!(['p', 's', 'y', '+', '-'].map(|key| press(&mut screen, key)), [None; 5]);
    assert_eq!(press(&mut screen, 'q'), Some(Do::Leave));
}

#[test]
fn lines_tell_what_changed() {
    let mut lines = Lines::default();
    let mut run = busy_run();
    insta::assert_snapshot!(lines.of(&run).join("\n"), @"");
    assert_eq!(lines.of(&run), Vec::<String>::new());
    run.totals.completed += 1;
    run.alerts =
        vec![Alert { name: "store_fault".into(), text: "host:0 waits for the store: 503".into(), since: None }];
    insta::assert_snapshot!(lines.of(&run).join("\n"), @"");
}

#[test]
fn hostile_texts_do_not_reach_the_terminal() {
    let mut figures = shard(0, 1);
    figures.identity.worker = "host\u{1b}[2J\u{202e}".into();
    let seen = [seen(figures, 0)];
    let record = record();
    let input = RunInput {
        record: &record,
        summary: None,
        tasks: 9,
        shards: &seen,
        unreadable: &[],
        baseline_p50: None,
        at: now(61).at,
    };
    let text = drawn(&screen(merge(&input)), 80, 24);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("host"));
}
