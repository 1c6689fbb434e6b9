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
    insta::assert_snapshot!(drawn(&screen(busy_run()), 80, 24), @r#"
    prices run (test)  running                                                2m 01s
    ███████████████████▓▓░░░░░░░░░░░░░░░░░░░░░ 100/200 50 %  90 completed, 10 failed
    rate 1.0/s, now 1.0/s   2.0s an attempt, 95 % in 2.0s   ████████████
    health 89 green   −5.2 success 0.88   −2.0 confidence 0.90   −3.7 speed 0.76
    ! nobody works on shard 2 of 2, 60 tasks are left: host:1 gives no sign (for 25…
    ─ workers: engine 210 MB, browsers 1.3 GB of 4.0 GB ───────────────────────────
    1/2 host:0                      running         60/100  3 of 4 open  seen 1s ago
    2/2 host:1                     no owner        40/100  0 of 4 open  seen 25s ago
    ─ under way: 3, 1 stuck, 2 slow; 1 host waiting ───────────────────────────────
    stuck   3m 21s  stuck-shop.example/  no sign for 3m 21s
    slow       41s  slow-shop.example/
    slow        2s  new-shop.example/
    wait       29s  busy.example: 429, Retry-After
    ─ failed attempts: 10 ─────────────────────────────────────────────────────────
        10  failed            <host> answered with <n>  t0.example 1, t12.example 1…
    ─ last values ─────────────────────────────────────────────────────────────────
    0.90  price          t59                           t59.example/
    0.90  price          t58                           t58.example/
    0.90  price          t57                           t57.example/
    0.90  price          t56                           t56.example/
    0.90  price          t55                           t55.example/
    0.90  price          t53                           t53.example/
    0.90  price          t52                           t52.example/
    q leave   p pause or resume   s stop   + - concurrency
    "#);
}

#[test]
fn a_run_on_a_wide_screen() {
    insta::assert_snapshot!(drawn(&screen(busy_run()), 150, 24), @r#"
    prices run (test)  running                                                                                                                      2m 01s
    ███████████████████████████▓▓▓░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 100/200 50 %  90 completed, 10 failed
    rate 1.0/s, now 1.0/s   2.0s an attempt, 95 % in 2.0s   ████████████
    health 89 green   −5.2 success 0.88   −2.0 confidence 0.90   −3.7 speed 0.76
    ! nobody works on shard 2 of 2, 60 tasks are left: host:1 gives no sign (for 25s)
    ─ workers: engine 210 MB, browsers 1.3 GB of 4.0 GB ─────────────────────   ─ failed attempts: 10 ───────────────────────────────────────────────────
    1/2 host:0                running         60/100  3 of 4 open  seen 1s ago      10  failed            <host> answered with <n>  t0.example 1, t12.exa…
    2/2 host:1               no owner        40/100  0 of 4 open  seen 25s ago  ─ last values ───────────────────────────────────────────────────────────
    ─ under way: 3, 1 stuck, 2 slow; 1 host waiting ─────────────────────────   0.90  price          t59                        t59.example/
    stuck   3m 21s  stuck-shop.example/  no sign for 3m 21s                     0.90  price          t58                        t58.example/
    slow       41s  slow-shop.example/                                          0.90  price          t57                        t57.example/
    slow        2s  new-shop.example/                                           0.90  price          t56                        t56.example/
    wait       29s  busy.example: 429, Retry-After                              0.90  price          t55                        t55.example/
                                                                                0.90  price          t53                        t53.example/
                                                                                0.90  price          t52                        t52.example/
                                                                                0.90  price          t51                        t51.example/
                                                                                0.90  price          t50                        t50.example/
                                                                                0.90  price          t49                        t49.example/
                                                                                0.90  price          t47                        t47.example/
                                                                                0.90  price          t46                        t46.example/
                                                                                0.90  price          t45                        t45.example/
                                                                                0.90  price          t44                        t44.example/
                                                                                0.90  price          t43                        t43.example/
    q leave   p pause or resume   s stop   + - concurrency
    "#);
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
    insta::assert_snapshot!(drawn(&screen(merge(&input)), 80, 10), @r#"
    prices run (test)  queued                                                     5s
    ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/9 0 %  0 completed, 0 failed
    rate -, now -
    health -   after 10 finished tasks
    ─ workers: none yet ───────────────────────────────────────────────────────────
    ─ under way: 0 ────────────────────────────────────────────────────────────────
    ─ failed attempts: none ───────────────────────────────────────────────────────
    ─ last values: none yet ───────────────────────────────────────────────────────

    q leave   p pause or resume   s stop   + - concurrency
    "#);
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
    insta::assert_snapshot!(lines.of(&run).join("\n"), @r#"
    00:02:01 running by host:0
    00:02:01 alert: nobody works on shard 2 of 2, 60 tasks are left: host:1 gives no sign (for 25s)
    00:02:01 100/200 done, 90 completed, 10 failed; 3 under way, 1 stuck, 2 slow; 1.0/s; health 89 green
    "#);
    assert_eq!(lines.of(&run), Vec::<String>::new());
    run.totals.completed += 1;
    run.alerts =
        vec![Alert { name: "store_fault".into(), text: "host:0 waits for the store: 503".into(), since: None }];
    insta::assert_snapshot!(lines.of(&run).join("\n"), @r#"
    00:02:01 alert: host:0 waits for the store: 503
    00:02:01 over: no owner
    00:02:01 101/200 done, 91 completed, 10 failed; 3 under way, 1 stuck, 2 slow; 1.0/s; health 89 green
    "#);
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
