use super::layout::Layout;
use super::snapshot::{SnapshotBuilder, Strings};
use super::{Font, Frame, NodeKind, PageSnapshot};
use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Float32Array, Float32Builder, MapArray, MapBuilder, RecordBatch,
    StringArray, StringBuilder, UInt16Array, UInt16Builder, UInt32Array, UInt32Builder,
};
use arrow::compute::concat_batches;
use bytes::Bytes;
use mino_datafusion::schema::{FormatError, write_batch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashMap;
use std::sync::Arc;

/// A page as it is kept for replay: the page, and how it came.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedPage {
    /// The page.
    pub page: PageSnapshot,
    /// Status of its response.
    pub http_status: Option<u16>,
}

/// A kept page that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the kept page cannot be read: {0}")]
pub struct ArchiveError(String);

impl ArchivedPage {
    /// One Parquet file, a row a node in document order: `parent` (row number), `tag`, `text`, `attributes`, `rendered`, and
    /// from a browser `x`, `y`, `width`, `height` (CSS pixels), `font_size`, `font_weight`, `struck`. Address and status stand
    /// in the schema's metadata. The same page gives the same bytes.
    ///
    /// # Errors
    /// When Parquet cannot hold the page.
    pub fn to_parquet(&self) -> Result<Bytes, FormatError> {
        Self::parquet_of(&self.page, self.http_status)
    }

    /// [`Self::to_parquet`] of a page that others hold too.
    ///
    /// # Errors
    /// When Parquet cannot hold the page.
    pub fn parquet_of(page: &PageSnapshot, http_status: Option<u16>) -> Result<Bytes, FormatError> {
        write_batch(&Self::batch(page, http_status))
    }

    fn batch(page: &PageSnapshot, http_status: Option<u16>) -> RecordBatch {
        let mut parent = UInt32Builder::new();
        let (mut tag, mut text) = (StringBuilder::new(), StringBuilder::new());
        let mut attributes = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        let mut rendered = BooleanBuilder::new();
        for node in page.nodes() {
            parent.append_option(node.parent().map(|parent| parent.index() as u32));
            tag.append_option(node.tag());
            text.append_option(node.content());
            for (name, value) in node.attributes() {
                attributes.keys().append_value(name);
                attributes.values().append_value(value);
            }
            // A map has as many keys as values: both are appended above.
            let _ = attributes.append(true);
            rendered.append_value(node.is_rendered());
        }
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("parent", Arc::new(parent.finish()), true),
            ("tag", Arc::new(tag.finish()), true),
            ("text", Arc::new(text.finish()), true),
            ("attributes", Arc::new(attributes.finish()), true),
            ("rendered", Arc::new(rendered.finish()), true),
        ];
        if let Some(layout) = &page.layout {
            let side = |side: fn(&Frame) -> f32| -> ArrayRef {
                Arc::new(Float32Array::from_iter_values(layout.frames.iter().map(side)))
            };
            columns.push(("x", side(|frame| frame.x), true));
            columns.push(("y", side(|frame| frame.y), true));
            columns.push(("width", side(|frame| frame.width), true));
            columns.push(("height", side(|frame| frame.height), true));
            let (mut size, mut weight, mut struck) =
                (Float32Builder::new(), UInt16Builder::new(), BooleanBuilder::new());
            for font in &layout.fonts {
                size.append_value(font.size);
                weight.append_value(font.weight);
                struck.append_value(font.struck);
            }
            columns.push(("font_size", Arc::new(size.finish()), true));
            columns.push(("font_weight", Arc::new(weight.finish()), true));
            columns.push(("struck", Arc::new(struck.finish()), true));
        }
        let mut metadata = HashMap::from([("mino.url".to_owned(), page.url.clone())]);
        metadata.extend(http_status.map(|status| ("mino.http_status".to_owned(), status.to_string())));
        // Columns of one length and distinct names always make a batch.
        let batch = RecordBatch::try_from_iter_with_nullable(columns)
            .unwrap_or_else(|_| RecordBatch::new_empty(arrow::datatypes::Schema::empty().into()));
        let schema = batch.schema().as_ref().clone().with_metadata(metadata);
        batch.clone().with_schema(schema.into()).unwrap_or(batch)
    }

    /// Reads what [`Self::to_parquet`] wrote.
    ///
    /// # Errors
    /// When the bytes are no kept page.
    pub fn from_parquet(bytes: Bytes) -> Result<Self, ArchiveError> {
        let failed = |error: &dyn std::fmt::Display| ArchiveError(error.to_string());
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| failed(&e))?;
        let schema = builder.schema().clone();
        let metadata = |key: &str| schema.metadata().get(key);
        let url = metadata("mino.url").ok_or_else(|| ArchiveError("it names no address".into()))?.clone();
        let http_status = metadata("mino.http_status").and_then(|status| status.parse().ok());
        let batches: Result<Vec<RecordBatch>, _> =
            builder.with_batch_size(1 << 20).build().map_err(|e| failed(&e))?.collect();
        let batch = concat_batches(&schema, &batches.map_err(|e| failed(&e))?).map_err(|e| failed(&e))?;
        let page = Columns::of(&batch).ok_or_else(|| ArchiveError("a column is missing".into()))?.page(&url)?;
        Ok(Self { page, http_status })
    }
}

struct Columns<'a> {
    parent: &'a UInt32Array,
    tag: &'a StringArray,
    text: &'a StringArray,
    attributes: &'a MapArray,
    rendered: &'a BooleanArray,
    layout: Option<LayoutColumns<'a>>,
}

struct LayoutColumns<'a> {
    sides: [&'a Float32Array; 4],
    size: &'a Float32Array,
    weight: &'a UInt16Array,
    struck: &'a BooleanArray,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a T> {
            batch.column_by_name(name)?.as_any().downcast_ref()
        }
        let side = |name: &str| column::<Float32Array>(batch, name);
        let layout = || {
            Some(LayoutColumns {
                sides: [side("x")?, side("y")?, side("width")?, side("height")?],
                size: side("font_size")?,
                weight: column(batch, "font_weight")?,
                struck: column(batch, "struck")?,
            })
        };
        Some(Self {
            parent: column(batch, "parent")?,
            tag: column(batch, "tag")?,
            text: column(batch, "text")?,
            attributes: column(batch, "attributes")?,
            rendered: column(batch, "rendered")?,
            layout: layout(),
        })
    }

    fn page(&self, url: &str) -> Result<PageSnapshot, ArchiveError> {
        let mut builder = SnapshotBuilder::new(url, Strings::default());
        let count = self.parent.len();
        builder.reserve(count, self.attributes.values().len());
        let document = builder.name("#document");
        let strings = |column: usize| self.attributes.entries().column(column).as_any().downcast_ref::<StringArray>();
        let (Some(names), Some(values)) = (strings(0), strings(1)) else {
            return Err(ArchiveError("its attributes are no texts".into()));
        };
        let mut open: Vec<u32> = Vec::new();
        for row in 0..count {
            let parent = self.parent.is_valid(row).then(|| self.parent.value(row));
            while open.last().copied() != parent && !open.is_empty() {
                open.pop();
                builder.close();
            }
            if parent.is_some() && open.is_empty() {
                return Err(ArchiveError(format!("node {row} is below one that does not come before it")));
            }
            let rendered = self.rendered.value(row);
            if self.tag.is_valid(row) {
                let tag = builder.name(self.tag.value(row));
                builder.open(NodeKind::Element, tag, rendered);
                let offsets = self.attributes.value_offsets();
                for at in offsets[row] as usize..offsets[row + 1] as usize {
                    let pair = (builder.name(names.value(at)), builder.string(values.value(at)));
                    builder.attribute(pair.0, pair.1);
                }
            } else if self.text.is_valid(row) {
                let text = builder.string(self.text.value(row));
                builder.open(NodeKind::Text, text, rendered);
            } else {
                builder.open(NodeKind::Document, document, rendered);
            }
            open.push(row as u32);
        }
        Ok(builder.finish(self.layout.as_ref().map(LayoutColumns::layout)))
    }
}

impl LayoutColumns<'_> {
    fn layout(&self) -> Layout {
        let [x, y, width, height] = self.sides;
        let rows = 0..self.size.len();
        let frame =
            |row: usize| Frame { x: x.value(row), y: y.value(row), width: width.value(row), height: height.value(row) };
        let font = |row: usize| Font {
            size: self.size.value(row),
            weight: self.weight.value(row),
            struck: self.struck.value(row),
        };
        Layout { frames: rows.clone().map(frame).collect(), fonts: rows.map(font).collect() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_page_is_the_page() {
        let html = "<title>T</title><body><p id=a class=x>One <b>two</b><p hidden>three<table>before<tr><td>4</table>";
        let page = PageSnapshot::from_html("http://x/y", html);
        let kept = ArchivedPage { page, http_status: Some(200) };
        let bytes = kept.to_parquet().unwrap();
        assert_eq!(bytes, kept.to_parquet().unwrap());
        let read = ArchivedPage::from_parquet(bytes.clone()).unwrap();
        assert_eq!(
            (read.page.url.as_str(), read.http_status, read.page.len()),
            ("http://x/y", Some(200), kept.page.len())
        );
        for (a, b) in read.page.nodes().zip(kept.page.nodes()) {
            assert_eq!(
                (a.kind(), a.tag(), a.content(), a.end(), a.is_rendered()),
                (b.kind(), b.tag(), b.content(), b.end(), b.is_rendered())
            );
            assert!(a.attributes().eq(b.attributes()));
        }
        assert!(ArchivedPage::from_parquet(bytes.slice(0..bytes.len() / 2)).is_err());
    }
}
