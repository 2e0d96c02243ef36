//! The sizes in which a picture is served.

use crate::{MAX_FILE_PIXELS, MAX_JPEG_SIDE, WIDTHS};

/// Width and height in pixels, at least 1 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// This size with another width and the same shape, at least one pixel high.
    pub(crate) fn with_width(self, width: u32) -> Self {
        Self {
            width,
            height: scale(self.height, width, self.width),
        }
    }

    fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// This size with the sides exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            width: self.height,
            height: self.width,
        }
    }

    /// The largest size of the JPEG. A picture is never enlarged.
    pub(crate) fn of_jpeg(self) -> Self {
        let longest = self.width.max(self.height);
        if longest <= MAX_JPEG_SIDE {
            return self;
        }
        Self {
            width: scale(self.width, MAX_JPEG_SIDE, longest),
            height: scale(self.height, MAX_JPEG_SIDE, longest),
        }
    }
}

/// `side * to / from`, rounded half up, at least 1.
fn scale(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from));
    let scaled = (2 * side * to + from) / (2 * from);
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

/// The sizes of the WebP files, ascending: the widths of [`WIDTHS`] that do not enlarge the
/// picture, and its own width where these would lose a fifth of it or more.
///
/// Files of more than [`MAX_FILE_PIXELS`] are left out; the narrowest never has so many.
pub(crate) fn of_webp(full: Size) -> Vec<Size> {
    let mut sizes: Vec<Size> = WIDTHS
        .into_iter()
        .filter(|width| *width <= full.width)
        .map(|width| full.with_width(width))
        .collect();
    let largest = sizes.last().map_or(0, |size| size.width);
    let is_between = WIDTHS.last().is_some_and(|last| full.width < *last);
    if is_between && largest * 5 <= full.width * 4 {
        sizes.push(full);
    }
    sizes.retain(|size| size.pixels() <= MAX_FILE_PIXELS);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_SIDE;

    fn widths(width: u32, height: u32) -> Vec<u32> {
        let sizes = of_webp(Size { width, height });
        sizes.into_iter().map(|size| size.width).collect()
    }

    #[test]
    fn no_file_is_larger_than_the_picture_or_missing() {
        for width in 1..=MAX_SIDE {
            for height in [1, width, MAX_SIDE] {
                let widths = widths(width, height);
                assert!(!widths.is_empty(), "{width} × {height}");
                assert!(widths.is_sorted_by(|one, next| one < next), "{widths:?}");
                assert!(widths.iter().all(|each| *each <= width), "{widths:?}");
            }
        }
    }

    #[test]
    fn a_picture_between_two_widths_keeps_its_own() {
        assert_eq!(widths(1, 1), [1]);
        assert_eq!(widths(319, 240), [319]);
        assert_eq!(widths(320, 240), [320]);
        assert_eq!(widths(399, 240), [320]);
        assert_eq!(widths(400, 240), [320, 400]);
        assert_eq!(widths(600, 240), [320, 600]);
        assert_eq!(widths(640, 240), [320, 640]);
        assert_eq!(widths(1_000, 240), [320, 640, 960]);
        assert_eq!(widths(1_500, 240), [320, 640, 960, 1_500]);
        assert_eq!(widths(1_600, 240), [320, 640, 960, 1_600]);
        assert_eq!(widths(12_000, 240), [320, 640, 960, 1_600]);
    }

    #[test]
    fn a_very_tall_picture_has_no_huge_file() {
        assert_eq!(widths(1_600, 5_000), [320, 640, 960, 1_600]);
        assert_eq!(widths(1_600, 5_001), [320, 640, 960]);
        assert_eq!(widths(1_500, 12_000), [320, 640, 960]);
        assert_eq!(widths(320, 12_000), [320]);
    }

    #[test]
    fn the_shape_is_kept_and_no_side_vanishes() {
        let size = |width, height| Size { width, height };
        assert_eq!(size(4_000, 3_000).with_width(1_600), size(1_600, 1_200));
        assert_eq!(size(3, 2).with_width(2), size(2, 1));
        assert_eq!(size(12_000, 1).with_width(320), size(320, 1));
        assert_eq!(size(4_000, 3_000).of_jpeg(), size(1_200, 900));
        assert_eq!(size(3_000, 4_000).of_jpeg(), size(900, 1_200));
        assert_eq!(size(1_200, 1_200).of_jpeg(), size(1_200, 1_200));
        assert_eq!(size(1, 12_000).of_jpeg(), size(1, 1_200));
        assert_eq!(size(30, 20).of_jpeg(), size(30, 20));
    }
}
