/// Where a node stands on the page, in CSS pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Frame {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Font {
    /// Height in CSS pixels.
    pub size: f32,
    /// 100..=900; 700 is bold.
    pub weight: u16,
    /// With a line through it.
    pub struck: bool,
}

/// What the browser laid out: one entry per node, zero for what it did not.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) frames: Vec<Frame>,
    pub(super) fonts: Vec<Font>,
}

impl Layout {
    pub(super) fn size(&self) -> usize {
        self.frames.len() * size_of::<Frame>() + self.fonts.len() * size_of::<Font>()
    }
}
