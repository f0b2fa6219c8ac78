//! Distances, bearings and geohashes of places given in degrees.

use plugin_sdk::{TransformError, transform};
use serde::Deserialize;

mod encode;

/// The Earth's mean radius by the International Union of Geodesy and Geophysics.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// What distances are told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Kilometres
    #[default]
    Km,
    /// Metres
    M,
}

/// Parameters of [`haversine`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Distance {
    /// `km` where none is given.
    pub unit: Unit,
}

/// The distance between two places over the surface of a sphere, in kilometres or, with `unit: m`, in metres.
#[transform(outputs("distance"))]
pub fn haversine(
    /// Degrees, north positive.
    from_lat: f64,
    /// Degrees, east positive.
    from_lon: f64,
    /// Degrees, north positive.
    to_lat: f64,
    /// Degrees, east positive.
    to_lon: f64,
    #[parameters] options: &Distance,
) -> Result<f64, TransformError> {
    let from = Place::new("from_lat", from_lat, "from_lon", from_lon)?;
    let to = Place::new("to_lat", to_lat, "to_lon", to_lon)?;
    let metres = from.distance_m(&to);
    Ok(match options.unit {
        Unit::Km => metres / 1_000.0,
        Unit::M => metres,
    })
}

/// The direction in which the shortest way from one place to another starts: degrees clockwise from north, 0 up to 360.
#[transform(outputs("bearing"))]
pub fn initial_bearing(
    /// Degrees, north positive.
    from_lat: f64,
    /// Degrees, east positive.
    from_lon: f64,
    /// Degrees, north positive.
    to_lat: f64,
    /// Degrees, east positive.
    to_lon: f64,
) -> Result<f64, TransformError> {
    let from = Place::new("from_lat", from_lat, "from_lon", from_lon)?;
    let to = Place::new("to_lat", to_lat, "to_lon", to_lon)?;
    Ok(from.bearing(&to))
}

/// Parameters of [`geohash`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawGeohash")]
pub struct Geohash {
    precision: usize,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawGeohash {
    precision: usize,
}

impl Default for RawGeohash {
    fn default() -> Self {
        Self { precision: 9 }
    }
}

impl TryFrom<RawGeohash> for Geohash {
    type Error = String;

    fn try_from(RawGeohash { precision }: RawGeohash) -> Result<Self, Self::Error> {
        match precision {
            1..=12 => Ok(Self { precision }),
            _ => Err(format!(
                "`precision` is from 1 to 12, and not `{precision}`"
            )),
        }
    }
}

/// The geohash of a place: 9 characters, or as many as `precision` says (1 to 12).
#[transform]
pub fn geohash(
    /// Degrees, north positive.
    lat: f64,
    /// Degrees, east positive.
    lon: f64,
    #[parameters] options: &Geohash,
) -> Result<String, TransformError> {
    Place::new("lat", lat, "lon", lon)?;
    Ok(encode::geohash(lat, lon, options.precision))
}

plugin_sdk::export!(haversine, initial_bearing, geohash);

/// A place, in radians.
struct Place {
    lat: f64,
    lon: f64,
}

impl Place {
    fn new(lat_column: &str, lat: f64, lon_column: &str, lon: f64) -> Result<Self, TransformError> {
        check(lat_column, "latitude", lat, 90.0)?;
        check(lon_column, "longitude", lon, 180.0)?;
        Ok(Self {
            lat: lat.to_radians(),
            lon: lon.to_radians(),
        })
    }

    fn distance_m(&self, to: &Self) -> f64 {
        let half_lat = ((to.lat - self.lat) / 2.0).sin();
        let half_lon = ((to.lon - self.lon) / 2.0).sin();
        let chord = half_lat * half_lat + self.lat.cos() * to.lat.cos() * half_lon * half_lon;
        2.0 * EARTH_RADIUS_M * chord.min(1.0).sqrt().asin()
    }

    fn bearing(&self, to: &Self) -> f64 {
        let lon = to.lon - self.lon;
        let east = lon.sin() * to.lat.cos();
        let north = self.lat.cos() * to.lat.sin() - self.lat.sin() * to.lat.cos() * lon.cos();
        // The remainder of a tiny negative angle rounds up to 360 itself.
        match east.atan2(north).to_degrees().rem_euclid(360.0) {
            360.0 => 0.0,
            degrees => degrees,
        }
    }
}

fn check(column: &str, what: &str, degrees: f64, largest: f64) -> Result<(), TransformError> {
    if (-largest..=largest).contains(&degrees) {
        return Ok(());
    }
    let message = format!("`{degrees}` is no {what}: it is from -{largest} to {largest}");
    Err(TransformError::invalid_input(message).column(column))
}

#[cfg(test)]
mod tests {
    use super::{Distance, Geohash, RawGeohash, Unit, geohash, haversine, initial_bearing};

    #[track_caller]
    fn close(left: f64, right: f64, by: f64) {
        assert!((left - right).abs() <= by, "{left} {right}");
    }

    #[test]
    fn a_degree_of_a_meridian_is_111_km() {
        let km = Distance::default();
        close(
            haversine(0.0, 0.0, 1.0, 0.0, &km).unwrap(),
            111.195_08,
            1e-4,
        );
        let m = Distance { unit: Unit::M };
        close(haversine(0.0, 0.0, 1.0, 0.0, &m).unwrap(), 111_195.08, 0.1);
    }

    #[test]
    fn half_around_the_earth_is_the_farthest() {
        let km = Distance::default();
        close(
            haversine(0.0, 0.0, 0.0, 180.0, &km).unwrap(),
            20_015.114,
            1e-3,
        );
        close(
            haversine(90.0, 0.0, -90.0, 0.0, &km).unwrap(),
            20_015.114,
            1e-3,
        );
        close(haversine(5.0, 6.0, 5.0, 6.0, &km).unwrap(), 0.0, 0.0);
    }

    #[test]
    fn bearings_go_clockwise_from_north() {
        for (lat, lon, bearing) in [
            (1.0, 0.0, 0.0),
            (0.0, 1.0, 90.0),
            (-1.0, 0.0, 180.0),
            (0.0, -1.0, 270.0),
        ] {
            close(initial_bearing(0.0, 0.0, lat, lon).unwrap(), bearing, 1e-9);
        }
        let same = initial_bearing(1.0, 1.0, 1.0, 1.0).unwrap();
        assert!((0.0..360.0).contains(&same));
    }

    #[test]
    fn what_is_no_place_is_told() {
        let error = haversine(91.0, 0.0, 0.0, 0.0, &Distance::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`91` is no latitude: it is from -90 to 90 (column `from_lat`)"
        );
        assert!(initial_bearing(0.0, f64::NAN, 0.0, 0.0).is_err());
        assert!(geohash(0.0, 181.0, &Geohash { precision: 1 }).is_err());
    }

    #[test]
    fn a_precision_is_from_1_to_12() {
        for (precision, fits) in [(0, false), (1, true), (12, true), (13, false)] {
            assert_eq!(Geohash::try_from(RawGeohash { precision }).is_ok(), fits);
        }
    }
}
