//! Seeded randomness that never changes: our own distributions over SplitMix64, logarithms from `libm`.

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        SplitMix64 { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`, with 53 bits.
    pub fn unit_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `0..n`; 0 for `n == 0`. The bias is below n / 2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Exponentially distributed with the given mean, by inversion.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit_f64())
    }
}

/// Zipf's law over ranks `0..n` by inverting its table: the rank k is drawn with probability proportional to `(k + 1)^-s`.
#[derive(Debug, Clone)]
pub struct Zipf {
    cumulative: Vec<f64>,
}

impl Zipf {
    /// `n` ranks with exponent `s`; at least one rank.
    pub fn new(n: usize, s: f64) -> Self {
        let mut total = 0.0;
        let mut cumulative: Vec<f64> = (1..=n.max(1))
            .map(|rank| {
                total += libm::pow(rank as f64, -s);
                total
            })
            .collect();
        for value in &mut cumulative {
            *value /= total;
        }
        Zipf { cumulative }
    }

    /// Draws a rank.
    pub fn pick(&self, random: &mut SplitMix64) -> usize {
        let u = random.unit_f64();
        self.cumulative.partition_point(|&c| c <= u).min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_sequence() {
        // First outputs of the reference implementation for the seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn zipf_prefers_the_first_rank_as_its_formula_says() {
        let zipf = Zipf::new(100, 1.0);
        let mut random = SplitMix64::new(3);
        let first = (0..20_000).filter(|_| zipf.pick(&mut random) == 0).count() as f64 / 20_000.0;
        let harmonic: f64 = (1..=100).map(|k| 1.0 / f64::from(k)).sum();
        assert!((first - 1.0 / harmonic).abs() < 0.01, "{first}");
    }

    #[test]
    fn exponential_has_its_mean() {
        let mut random = SplitMix64::new(5);
        let mean = (0..50_000).map(|_| random.exponential(3.0)).sum::<f64>() / 50_000.0;
        assert!((mean - 3.0).abs() < 0.05, "{mean}");
    }
}
