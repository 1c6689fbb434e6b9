use super::memory::Weight;

/// Bytes that browsers may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// All together.
    pub(super) total: u64,
    /// One renderer, that is one page, or the part of a page that comes from another site.
    pub(super) renderer: u64,
}

const MB: u64 = 1 << 20;
/// A browser with one page takes half of this.
const LEAST: u64 = 400 * MB;
/// A share that a page of today may need …
const LEAST_SHARE: u64 = 300 * MB;
/// … and one that none does.
const MOST_SHARE: u64 = 2048 * MB;
/// A renderer below this gives no room worth a failed page.
const WORTHWHILE: u64 = 100 * MB;

impl Limits {
    /// For what all browsers may take together.
    pub(super) fn of(total: u64) -> Self {
        let total = total.max(LEAST);
        Self { total, renderer: (total / 4).clamp(LEAST_SHARE, MOST_SHARE) }
    }

    /// What scripts of one page may take, in bytes: the rest of the share is the page itself.
    pub(super) fn heap(&self) -> u64 {
        self.renderer / 4 * 3
    }
}

/// Something to be done about memory; browsers by their place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relief {
    /// Kill a renderer that takes more than its share.
    Greedy(usize, u32),
    /// Kill the largest renderer: all together take too much.
    Largest(usize, u32),
    /// Give up the contexts that wait for pages.
    DropIdle,
    /// Replace a browser that has grown without its pages, when they are done.
    Recycle(usize),
    /// Replace a browser at once.
    Replace(usize),
}

/// What is to be done, mildest first. At three quarters of the limit idle contexts go; near the limit the largest
/// renderer goes, and where there is none worth it, the largest browser.
pub(super) fn relieve(browsers: &[Weight], limits: &Limits) -> Vec<Relief> {
    let mut what = Vec::new();
    let mut total: u64 = browsers.iter().map(|browser| browser.total).sum();
    let renderers = browsers
        .iter()
        .enumerate()
        .flat_map(|(place, browser)| browser.renderers.iter().map(move |(pid, bytes)| (place, *pid, *bytes)));
    for (place, pid, bytes) in renderers.clone().filter(|(.., bytes)| *bytes > limits.renderer) {
        what.push(Relief::Greedy(place, pid));
        total = total.saturating_sub(bytes);
    }
    for (place, browser) in browsers.iter().enumerate() {
        let own = browser.total.saturating_sub(browser.renderers.iter().map(|(_, bytes)| bytes).sum());
        if own > (limits.total / 3).max(LEAST) {
            what.push(Relief::Recycle(place));
        }
    }
    if total > limits.total / 4 * 3 {
        what.push(Relief::DropIdle);
    }
    if total > limits.total / 100 * 92 {
        let largest = renderers.filter(|(.., bytes)| *bytes <= limits.renderer).max_by_key(|(.., bytes)| *bytes);
        let heaviest = browsers.iter().enumerate().max_by_key(|(_, browser)| browser.total).map(|(place, _)| place);
        what.extend(match largest {
            Some((place, pid, bytes)) if bytes >= WORTHWHILE => Some(Relief::Largest(place, pid)),
            _ => heaviest.map(Relief::Replace),
        });
    }
    what
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(own: u64, renderers: &[u64]) -> Weight {
        let renderers: Vec<(u32, u64)> = (1..).zip(renderers.iter().map(|bytes| bytes * MB)).collect();
        Weight { total: own * MB + renderers.iter().map(|(_, bytes)| bytes).sum::<u64>(), renderers }
    }

    const LIMITS: Limits = Limits { total: 1000 * MB, renderer: 300 * MB };

    #[test]
    fn shares_follow_the_limit_within_reason() {
        let share = |total: u64| Limits::of(total * MB).renderer / MB;
        assert_eq!([100, 1000, 4000, 64000].map(share), [300, 300, 1000, 2048]);
        assert_eq!(Limits::of(0).total, LEAST);
    }

    #[test]
    fn a_light_browser_is_left_alone() {
        assert_eq!(relieve(&[browser(200, &[50, 299])], &LIMITS), []);
    }

    #[test]
    fn a_greedy_page_goes_and_nobody_pays_for_it() {
        let two = [browser(150, &[60]), browser(150, &[60, 900])];
        assert_eq!(relieve(&two, &LIMITS), [Relief::Greedy(1, 2)]);
    }

    #[test]
    fn near_the_limit_the_largest_goes() {
        let full = [browser(200, &[120, 250, 200]), browser(100, &[90])];
        assert_eq!(relieve(&full, &LIMITS), [Relief::DropIdle, Relief::Largest(0, 2)]);
        let fuller = [browser(200, &[100, 150]), browser(150, &[90, 90])];
        assert_eq!(relieve(&fuller, &LIMITS), [Relief::DropIdle]);
    }

    #[test]
    fn a_browser_that_has_grown_itself_is_replaced() {
        assert_eq!(relieve(&[browser(500, &[60])], &LIMITS), [Relief::Recycle(0)]);
        let swollen = relieve(&[browser(900, &[40]), browser(100, &[])], &LIMITS);
        assert_eq!(swollen, [Relief::Recycle(0), Relief::DropIdle, Relief::Replace(0)]);
    }
}
