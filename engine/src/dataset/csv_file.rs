use super::raw_table::cell;
use super::{DatasetError, RawTable};
use arrow::array::StringBuilder;
use encoding_rs::Encoding;
use std::borrow::Cow;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a CSV: quotes, any of four delimiters (or the one given), a byte-order mark, any encoding of the web.
pub(super) fn read(
    name: &str,
    bytes: &[u8],
    delimiter: Option<char>,
    encoding: Option<&str>,
) -> Result<RawTable, DatasetError> {
    let not_csv = |reason: String| DatasetError::NotThatFormat { source_name: name.into(), format: "a CSV", reason };
    let text = decode(bytes, encoding)?;
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(not_csv(format!("byte {at} is NUL, so this is a binary file")));
    }
    if text.trim_start().starts_with('<') {
        return Err(not_csv("it begins with `<`, like a web page".into()));
    }
    let delimiter = match delimiter {
        Some(given) => u8::try_from(given).map_err(|_| not_csv(format!("delimiter `{given}` is not one byte")))?,
        None => sniff(&text),
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| not_csv(describe(&error)))?.clone();
    if headers.iter().all(|header| header.trim().is_empty()) {
        return Err(DatasetError::Empty { source_name: name.into() });
    }
    if let Some(position) = headers.iter().position(|header| header.trim().is_empty()) {
        return Err(not_csv(format!("column {} has no name in the first line", position + 1)));
    }
    let mut columns: Vec<StringBuilder> = headers.iter().map(|_| StringBuilder::new()).collect();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| not_csv(describe(&error)))? {
        for (column, text) in columns.iter_mut().zip(&record) {
            column.append_option(cell(text));
        }
    }
    let names: Vec<String> = headers.iter().map(|header| header.trim().to_owned()).collect();
    let declared = vec![None; names.len()];
    RawTable::new(name, names, columns.iter_mut().map(StringBuilder::finish).collect(), declared)
}

fn decode<'a>(bytes: &'a [u8], given: Option<&str>) -> Result<Cow<'a, str>, DatasetError> {
    let encoding = match given {
        Some(label) => Encoding::for_label(label.as_bytes())
            .ok_or_else(|| DatasetError::UnknownEncoding { given: label.to_owned() })?,
        None if std::str::from_utf8(bytes).is_ok() => encoding_rs::UTF_8,
        None => {
            let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(None, chardetng::Utf8Detection::Allow)
        }
    };
    // A byte-order mark decides over anything else.
    Ok(encoding.decode(bytes).0)
}

/// The delimiter that splits the first lines into the same number of columns, the most of them.
fn sniff(text: &str) -> u8 {
    let columns = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let counts: Vec<usize> = reader.records().take(20).map_while(Result::ok).map(|record| record.len()).collect();
        let first = counts.first().copied().unwrap_or(1);
        if counts.iter().all(|count| *count == first) { first } else { 1 }
    };
    // The earlier of two equals, hence the reversal: `max_by_key` takes the last.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| columns(*delimiter)).unwrap_or(b',')
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} columns where the first line has {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> RawTable {
        read("t.csv", bytes, None, None).unwrap()
    }

    #[test]
    fn quotes_and_line_ends_inside_a_cell() {
        let table = table(b"url,note\r\nhttp://a/,\"one, \"\"two\"\"\nthree\"\r\nhttp://b/,\r\n");
        assert_eq!(table.cell(1, 0), Some("one, \"two\"\nthree"));
        assert_eq!(table.cell(1, 1), None);
    }

    #[test]
    fn other_delimiters_and_a_mark() {
        for (bytes, cell) in [
            (&b"\xef\xbb\xbfurl;price\nhttp://a/;1,50\n"[..], "1,50"),
            (b"url\tprice\nhttp://a/\t2\n", "2"),
            (b"url|price\nhttp://a/|3\n", "3"),
        ] {
            let table = table(bytes);
            assert_eq!(table.names(), ["url", "price"]);
            assert_eq!(table.cell(1, 0), Some(cell));
        }
    }

    #[test]
    fn other_encodings() {
        let latin = table(b"url,city\nhttp://a/,M\xfcnchen\nhttp://b/,K\xf6ln\n");
        assert_eq!(latin.cell(1, 0), Some("München"));
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("url,c\nhttp://a/,ü\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(table(&utf16).cell(1, 0), Some("ü"));
    }

    #[test]
    fn a_ragged_line_is_named() {
        let error = read("t.csv", b"a,b\n1,2\n3\n", None, None).unwrap_err().to_string();
        assert_eq!(error, "`t.csv` is not a CSV: line 3 has 1 columns where the first line has 2");
    }

    #[test]
    fn binaries_and_web_pages_are_refused() {
        assert!(read("t.csv", b"\x89PNG\0\0", None, None).is_err());
        assert!(read("t.csv", b"<!doctype html>", None, None).is_err());
    }
}
