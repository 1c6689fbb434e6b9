use ratatui::text::Span;

/// A time as people say it: `42s`, `2m 33s`, `1h 05m`, `3d 4h`.
pub(in crate::cli) fn span(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "-".into();
    }
    let s = seconds.max(0.0).round() as u64;
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m {:02}s", s / 60, s % 60),
        3_600..86_400 => format!("{}h {:02}m", s / 3_600, s % 3_600 / 60),
        _ => format!("{}d {}h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// A rate in the unit that gives it digits.
pub(in crate::cli) fn rate(per_second: Option<f64>) -> String {
    match per_second {
        None => "-".into(),
        Some(0.0) => "0/s".into(),
        Some(rate) if rate >= 1.0 => format!("{rate:.1}/s"),
        Some(rate) if rate * 60.0 >= 1.0 => format!("{:.1}/min", rate * 60.0),
        Some(rate) => format!("{:.1}/h", rate * 3_600.0),
    }
}

/// A size as people write it.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// `n things`, or `1 thing`.
pub(super) fn count(n: u64, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

/// A text in at most so many cells of a terminal, without what would move its cursor or turn its direction.
pub(in crate::cli) fn fit(text: &str, cells: usize) -> String {
    let width = |text: &str| Span::raw(text.to_owned()).width();
    let text: String = text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
    if width(&text) <= cells {
        return text;
    }
    let (mut out, mut used) = (String::new(), 1);
    for letter in text.chars() {
        used += width(letter.encode_utf8(&mut [0; 4]));
        if used > cells {
            break;
        }
        out.push(letter);
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

/// A text in exactly so many cells.
pub(super) fn pad(text: &str, cells: usize) -> String {
    let mut text = fit(text, cells);
    let used = Span::raw(text.clone()).width();
    text.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    text
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Counts as bars of eight heights, the newest at the end.
pub(super) fn sparkline(counts: &[u32], cells: usize) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &counts[counts.len().saturating_sub(cells)..];
    let most = f64::from(shown.iter().copied().max().unwrap_or(0).max(1));
    let bar = |n: &u32| BARS.get((f64::from(*n) / most * 8.0).ceil() as usize).copied().unwrap_or('█');
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rates_and_sizes_read_well() {
        let spans = [0.4, 59.0, 60.0, 153.0, 3_900.0, 274_000.0, f64::INFINITY].map(span);
        assert_eq!(spans, ["0s", "59s", "1m 00s", "2m 33s", "1h 05m", "3d 4h", "-"]);
        let rates = [None, Some(0.0), Some(3.24), Some(0.2), Some(0.001)].map(rate);
        assert_eq!(rates, ["-", "0/s", "3.2/s", "12.0/min", "3.6/h"]);
        assert_eq!([123_456, 45_000_000, 2_340_000_000].map(size), ["123 kB", "45 MB", "2.3 GB"]);
    }

    #[test]
    fn texts_fit_their_cells() {
        assert_eq!([fit("abc", 3), fit("abcd", 3), fit("日本語", 4), fit("ab", 0)], ["abc", "ab…", "日…", ""]);
        assert_eq!([pad("ab", 4), pad("日本語", 4)], ["ab  ", "日… "]);
        assert_eq!(fit("a\u{1b}[2J\u{202e}b\n", 9), "a [2J b ");
    }

    #[test]
    fn a_sparkline_shows_the_newest() {
        assert_eq!(sparkline(&[9, 0, 1, 4, 8], 4), " ▁▄█");
        assert_eq!(sparkline(&[], 4), "");
        assert_eq!(sparkline(&[0, 0], 4), "  ");
    }
}
