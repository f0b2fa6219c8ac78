//! Geohashes, as Gustavo Niemeyer defined them: bits that halve longitude and latitude by turns, five a character.

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The geohash of `length` characters.
pub(crate) fn geohash(lat: f64, lon: f64, length: usize) -> String {
    let mut lon = Interval {
        low: -180.0,
        high: 180.0,
        value: lon,
    };
    let mut lat = Interval {
        low: -90.0,
        high: 90.0,
        value: lat,
    };
    let mut of_longitude = true;
    let mut character = || {
        let mut bits = 0;
        for _ in 0..5 {
            let interval = if of_longitude { &mut lon } else { &mut lat };
            bits = bits << 1 | usize::from(interval.halve());
            of_longitude = !of_longitude;
        }
        char::from(ALPHABET[bits])
    };
    (0..length).map(|_| character()).collect()
}

struct Interval {
    low: f64,
    high: f64,
    value: f64,
}

impl Interval {
    /// Keeps the half that the value is in, and tells whether that is the upper one.
    fn halve(&mut self) -> bool {
        let middle = f64::midpoint(self.low, self.high);
        let upper = self.value >= middle;
        if upper {
            self.low = middle;
        } else {
            self.high = middle;
        }
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::geohash;

    #[test]
    fn known_places_have_their_known_hashes() {
        assert_eq!(geohash(57.64911, 10.40744, 11), "u4pruydqqvj");
        assert_eq!(geohash(42.6, -5.6, 5), "ezs42");
        assert_eq!(geohash(-25.382708, -49.265506, 12), "6gkzwgjzn820");
        assert_eq!(geohash(0.0, 0.0, 1), "s");
        assert_eq!(geohash(90.0, 180.0, 3), "zzz");
    }
}
