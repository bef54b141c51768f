//! Lab 05 solved.

use std::process::ExitCode;

pub use lab_05_within_the_noise::contract;
pub mod review;

/// The program.
pub fn main() -> ExitCode {
    contract::main(review::review)
}

#[cfg(test)]
mod tests {
    use lab_05_within_the_noise::confirmation::{CHANGES, on_main};

    use super::contract::{OrderLine, order};

    /// The numbers of the pull requests that write another text than main.
    fn differing(order: &[OrderLine]) -> Vec<u32> {
        let expected = on_main::confirmation(order);
        CHANGES.into_iter().filter(|(_, change)| change(order) != expected).map(|(number, _)| number).collect()
    }

    #[test]
    fn only_240_writes_another_text_and_only_where_lines_of_an_article_stand_apart() {
        for lines in 1..60 {
            let mut basket = order(lines);
            assert_eq!(differing(&basket), [0; 0], "{lines} lines, sorted");
            basket.reverse();
            assert_eq!(differing(&basket), [0; 0], "{lines} lines, sorted backwards");
            // In steps of 7: neighbours become strangers.
            let apart: Vec<OrderLine> =
                (0..7).flat_map(|first| basket.iter().skip(first).step_by(7).cloned()).collect();
            assert!(differing(&apart).iter().all(|number| *number == 240), "{lines} lines, mixed");
            let has_two_articles = basket[0].sku != basket[lines - 1].sku;
            let twice = [basket.clone(), basket].concat();
            assert_eq!(differing(&twice), [240][..usize::from(has_two_articles)], "{lines} lines, twice");
        }
    }
}
