use super::CampaignError;
use super::quality::check_rules;
use crate::model::{CampaignFile, FieldSpec, Politeness, contact_address, nearest};
use std::path::{Path, PathBuf};

/// Reads a campaign file; with it the folder that its relative paths start from.
///
/// # Errors
/// One line with file, line and what to write instead.
pub async fn read_campaign_file(path: &Path) -> Result<(CampaignFile, PathBuf), CampaignError> {
    let shown = path.display();
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| CampaignError::Input(format!("cannot read the campaign file {shown}: {error}")))?;
    let file = parse(&text).map_err(|(line, reason)| {
        let place = line.map_or_else(|| shown.to_string(), |line| format!("{shown}, line {line}"));
        CampaignError::Input(format!("{place}: {reason}"))
    })?;
    let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((file, base))
}

/// The line where it is known, and one sentence.
type Fault = (Option<u64>, String);

fn parse(text: &str) -> Result<CampaignFile, Fault> {
    let file: CampaignFile = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|location| location.line()).filter(|line| *line > 0);
        (line, explain(&error.without_snippet().to_string()))
    })?;
    check(&file).map_err(|reason| (None, reason))?;
    Ok(file)
}

/// The parser's message on one line, with the key that was probably meant.
fn explain(message: &str) -> String {
    let first = message.lines().next().unwrap_or(message);
    // The place is told once, in front.
    let first = match first.strip_prefix("error: ").unwrap_or(first) {
        rest if rest.starts_with("line ") => rest.split_once(": ").map_or(rest, |(_, rest)| rest),
        rest => rest,
    };
    let first = first.split(" at line ").next().unwrap_or(first);
    let first = match first {
        "expected mapping start" => "keys are expected here, as `{key: value}`",
        "expected sequence start" => "a list is expected here, as `[one, two]`",
        "expected string scalar" => "a text is expected here",
        other => other,
    };
    let words: Vec<&str> = first.split('`').collect();
    if !first.contains("unknown field") || words.len() < 2 {
        return first.to_owned();
    }
    let (given, known) = (words[1], first.split("expected one of ").nth(1).unwrap_or_default());
    let known: Vec<&str> = known.split(", ").map(|word| word.trim_matches(['`', ' '])).collect();
    match nearest(given, known.iter().copied()) {
        Some(near) => format!("unknown key `{given}`; did you mean `{near}`?"),
        None => format!("unknown key `{given}`; known here are {}", known.join(", ")),
    }
}

/// Columns that every table of results has: a field cannot take their names.
const TAKEN: [&str; 17] = [
    "org",
    "campaign",
    "date",
    "run_id",
    "run_type",
    "instructions_version",
    "dataset",
    "dataset_version",
    "task_id",
    "row_id",
    "site_url",
    "site_name",
    "status",
    "status_category",
    "completeness",
    "accuracy_result",
    "completed_at",
];

fn check(file: &CampaignFile) -> Result<(), String> {
    if file.instructions.fields.is_empty() {
        return Err("instructions.fields is empty: name at least one field, as `- {name: phone, type: phone}`".into());
    }
    let version = &file.instructions.version;
    let numbers: Vec<&str> = version.split('.').collect();
    if numbers.len() != 2
        || !numbers.iter().all(|n| !n.is_empty() && n.len() < 6 && n.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(format!("instructions.version `{version}` is not of the form major.minor, as \"1.0\""));
    }
    for (index, field) in file.instructions.fields.iter().enumerate() {
        check_field(field)?;
        if file.instructions.fields[..index].iter().any(|earlier| earlier.name == field.name) {
            return Err(format!("instructions.fields has two fields named `{}`: rename one", field.name));
        }
    }
    check_rules(&file.quality, &file.instructions.fields)?;
    check_politeness(&file.run.politeness)
}

fn check_politeness(politeness: &Politeness) -> Result<(), String> {
    if politeness.ignore_robots.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        return Err("run.politeness.ignore_robots is blank: say why robots.txt is not to be honoured, as \
                    \"the sites are our own\", or leave it out"
            .into());
    }
    let contact = politeness.contact.as_deref().map(contact_address).transpose();
    contact.map(drop).map_err(|reason| format!("run.politeness.contact: {reason}"))
}

fn check_field(field: &FieldSpec) -> Result<(), String> {
    let name = &field.name;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(plain)
        || name.contains("__")
        || name.len() > 60
    {
        return Err(format!(
            "field name `{name}` is not usable as a column: use lower-case letters, digits and single underscores, starting with a letter"
        ));
    }
    if TAKEN.contains(&name.as_str()) || name == "confidence" {
        return Err(format!(
            "field name `{name}` is a column of every result already: choose another, as `site_{name}`"
        ));
    }
    let figures = [Some(field.abs_tol), Some(field.rel_tol), field.validate.min, field.validate.max];
    if figures.iter().flatten().any(|figure| !figure.is_finite()) || field.abs_tol < 0.0 || field.rel_tol < 0.0 {
        return Err(format!("field `{name}`: abs_tol and rel_tol are numbers from 0, min and max plain numbers"));
    }
    if field.threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        return Err(format!("field `{name}`: threshold must lie between 0 and 1"));
    }
    if field.weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
        return Err(format!("field `{name}`: weight must not be negative"));
    }
    let letters = |code: &str, n: usize| code.len() == n && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(country) = field.country.as_deref().filter(|code| !letters(code, 2)) {
        return Err(format!("field `{name}`: country `{country}` is not of two capital letters, as US or DE"));
    }
    if let Some(currency) = field.currency.as_deref().filter(|code| !letters(code, 3)) {
        return Err(format!("field `{name}`: currency `{currency}` is not of three capital letters, as USD or EUR"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fault(yaml: &str) -> String {
        let (line, reason) = parse(yaml).unwrap_err();
        format!("{}: {reason}", line.unwrap_or_default())
    }

    #[test]
    fn mistakes_name_their_line_and_a_way_out() {
        let head = "campaign: x\ninstructions:\n  prompt: p\n  fields:\n";
        let tail = "dataset: {source: a.csv}\n";
        insta::assert_snapshot!(fault(&format!("{head}    - {{nme: phone}}\n{tail}")), @"5: unknown key `nme`; did you mean `name`?");
        insta::assert_snapshot!(fault(&format!("{head}    - {{name: phone, type: fone}}\n{tail}")), @r"5: unknown type `fone`, did you mean `money`?; known types are text, integer, number, money, boolean, date, datetime, duration, url, email, phone, enum, id and list<…> of one of these");
        insta::assert_snapshot!(fault(&format!("{head}    - {{name: Phone}}\n{tail}")), @r"0: field name `Phone` is not usable as a column: use lower-case letters, digits and single underscores, starting with a letter");
        insta::assert_snapshot!(fault(&format!("{head}    - {{name: a}}\n    - {{name: a}}\n{tail}")), @r"0: instructions.fields has two fields named `a`: rename one");
        let run = |run: &str| fault(&format!("{head}    - {{name: a}}\n{tail}run: {{politeness: {run}}}\n"));
        insta::assert_snapshot!(run("{ignore_robots: ' '}"), @r#"0: run.politeness.ignore_robots is blank: say why robots.txt is not to be honoured, as "the sites are our own", or leave it out"#);
        insta::assert_snapshot!(run("{contact: me}"), @r"0: run.politeness.contact: `me` is neither a mailbox nor an address; write a mailbox, as ops@example.org, or an address, as https://example.org/bot");
        insta::assert_snapshot!(fault("campaign: [\n"), @r"1: a text is expected here");
        insta::assert_snapshot!(fault("campaign: x\ninstructions: p\n"), @r"2: keys are expected here, as `{key: value}`");
        insta::assert_snapshot!(fault("campaign: x\n"), @r"1: missing field `instructions`");
    }
}
