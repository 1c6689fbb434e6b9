use super::RunError;
use crate::model::{Sample, nearest};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// The rows that a sample takes, as positions in dataset order. The same sample and seed give the same rows.
///
/// # Errors
/// When it names a row that is not there.
pub fn choose(sample: &Sample, seed: u64, row_ids: &[&str]) -> Result<Vec<usize>, RunError> {
    let at_most = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(row_ids.len());
    Ok(match sample {
        Sample::All => (0..row_ids.len()).collect(),
        Sample::First(n) => (0..at_most(*n)).collect(),
        Sample::Random(n) => {
            let mut all: Vec<usize> = (0..row_ids.len()).collect();
            all.shuffle(&mut StdRng::seed_from_u64(seed));
            all.truncate(at_most(*n));
            all.sort_unstable();
            all
        }
        Sample::Rows(ids) => {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let position = row_ids.iter().position(|row| row == id).ok_or_else(|| RunError::NoRow {
                    row: id.clone(),
                    hint: match nearest(id, row_ids.iter().copied()) {
                        Some(near) => format!("; did you mean `{near}`?"),
                        None => format!(
                            "; it has {} rows, the first is `{}`",
                            row_ids.len(),
                            row_ids.first().unwrap_or(&"")
                        ),
                    },
                })?;
                found.push(position);
            }
            found.sort_unstable();
            found.dedup();
            found
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    #[test]
    fn a_random_sample_is_decided_by_its_seed() {
        let take = |seed| choose(&Sample::Random(3), seed, &IDS).unwrap();
        assert_eq!(take(1), take(1));
        assert!((0..20).any(|seed| take(seed) != take(1)));
        assert_eq!(take(1).len(), 3);
        assert_eq!(choose(&Sample::Random(99), 1, &IDS).unwrap().len(), 6);
    }

    #[test]
    fn named_rows_must_be_there() {
        assert_eq!(choose(&"rows:c,a".parse().unwrap(), 0, &IDS).unwrap(), [0, 2]);
        let error = choose(&"rows:x9".parse().unwrap(), 0, &IDS).unwrap_err().to_string();
        assert_eq!(error, "the dataset has no row `x9`; it has 6 rows, the first is `a`");
    }
}
