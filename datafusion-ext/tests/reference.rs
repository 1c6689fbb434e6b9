//! `docs/functions.md` is made from the documentation of the functions; `MINO_BLESS=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic)]

use datafusion::logical_expr::Documentation;
use std::fmt::Write;

fn reference() -> String {
    let scalar = mino_datafusion::udf::scalar_functions();
    let aggregate = mino_datafusion::udf::aggregate_functions();
    let all = scalar
        .iter()
        .map(|function| (function.name(), "scalar", function.documentation()))
        .chain(aggregate.iter().map(|function| (function.name(), "aggregate", function.documentation())));
    let mut text =
        String::from("# SQL functions of Mino\n\nMade by `tests/reference.rs` from the functions themselves.\n");
    let mut section = "";
    for (name, kind, documentation) in all {
        let documentation = documentation.unwrap_or_else(|| panic!("`{name}` is not documented"));
        if documentation.doc_section.label != section {
            section = documentation.doc_section.label;
            write!(text, "\n## {section}\n").unwrap();
        }
        describe(&mut text, name, kind, documentation);
    }
    text
}

fn describe(text: &mut String, name: &str, kind: &str, documentation: &Documentation) {
    let syntax = &documentation.syntax_example;
    write!(text, "\n### {name}\n\n`{syntax}` ({kind})\n\n{}\n\n", documentation.description).unwrap();
    for (argument, meaning) in documentation.arguments.iter().flatten() {
        writeln!(text, "- **{argument}**: {meaning}").unwrap();
    }
    if let Some(example) = &documentation.sql_example {
        write!(text, "\n{example}\n").unwrap();
    }
    let related: Vec<String> = documentation.related_udfs.iter().flatten().map(|name| format!("`{name}`")).collect();
    if !related.is_empty() {
        write!(text, "\nSee also {}.\n", related.join(", ")).unwrap();
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.md");
    let wanted = reference();
    if std::env::var_os("MINO_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == wanted, "{path} is not up to date; run this test with MINO_BLESS=1");
}
