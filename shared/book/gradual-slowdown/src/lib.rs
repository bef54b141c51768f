//! The warehouse's picking page over a year. Nobody did anything wrong.
//!
//! Twelve versions of one endpoint, [`months::m01`] to [`months::m12`], each a small change that a good colleague made and another
//! approved. At a developer's five orders no step is felt. The book's page "Know what normal looks like" tells what a night in
//! December made of them, and what a committed baseline a month would have said.

pub mod check;
pub mod count;
pub mod months;
pub mod sku;
pub mod warehouse;
