//! Numbers that look random and are the same each time.

/// SplitMix64 (Steele, Lea and Flood 2014), as in <https://prng.di.unimi.it/splitmix64.c>. It begins with a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix;

    /// The first numbers that the C program gives for the seed 1234567.
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut numbers = SplitMix(1_234_567);
        let first = [(); 3].map(|()| numbers.next());
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
