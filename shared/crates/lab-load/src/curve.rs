//! The saturation curve: what a service answered and how long it took, by what it was offered, as one SVG file.
//!
//! The picture has a background of its own, so that it reads the same on a light and on a dark page, and no script, style sheet
//! or font from elsewhere.

mod panels;

use plotters::{
    backend::SVGBackend,
    drawing::{IntoDrawingArea, backend::DrawingErrorKind},
};
