//! The markers of a JPEG file.

use super::{Header, big_endian_u16};
use crate::error::PictureError;

/// The third of the frames that decoders know. Those before it are sequential.
const PROGRESSIVE: u8 = 0xC2;
const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// What the start of frame says.
struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    /// The horizontal and vertical sampling factor of each component.
    sampling: Vec<(u32, u32)>,
}

/// Reads all markers up to the end of the image.
///
/// # Errors
/// There is no frame, the file ends before the image does, or it has less data than the declared
/// size needs: decoders would fill the rest with grey.
pub(super) fn read(bytes: &[u8]) -> Result<Header, PictureError> {
    let mut frame = None;
    let mut components_of_first_scan = None;
    let mut in_scan = false;
    let mut scan_bytes = 0;
    let mut at = 2;
    loop {
        let (marker, segment) = next_marker(bytes, at).ok_or(PictureError::Incomplete)?;
        if in_scan {
            scan_bytes += segment - 2 - at;
        }
        in_scan = marker == START_OF_SCAN;
        match marker {
            END_OF_IMAGE => break,
            // Without data: the start of an image, and a marker for private use.
            0xD8 | 0x01 => at = segment,
            _ => {
                at = segment + usize::from(big_endian_u16(bytes, segment)?);
                if at > bytes.len() {
                    return Err(PictureError::Incomplete);
                }
                if is_start_of_frame(marker) && frame.is_none() {
                    frame = Some(read_frame(marker, bytes, segment)?);
                } else if in_scan && components_of_first_scan.is_none() {
                    components_of_first_scan = bytes.get(segment + 2).copied();
                }
            }
        }
    }
    let frame = frame.ok_or(PictureError::Damaged)?;
    let header = Header {
        width: frame.width,
        height: frame.height,
        bytes_per_pixel: frame.bytes_per_pixel(components_of_first_scan),
    }
    .checked()?;
    // A block takes at least a bit.
    if u64::try_from(scan_bytes)
        .unwrap_or(u64::MAX)
        .saturating_mul(8)
        < frame.blocks()
    {
        return Err(PictureError::Incomplete);
    }
    Ok(header)
}

/// Finds the next marker from here: its code, and where its segment begins. What is before it is
/// skipped, such as a scan's data, in which 255 is followed by 0 and restarts are numbered.
fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(from..)?;
    rest.windows(2)
        .position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF | 0xD0..=0xD7))
        .map(|offset| (rest[offset + 1], from + offset + 2))
}

/// The codes C0 to CF are frames, but for tables and extensions.
fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Reads length, precision, height, width, the number of components and three bytes for each.
///
/// # Errors
/// The segment is too short, or the frame is lossless, has arithmetic coding or 12 bits.
fn read_frame(marker: u8, bytes: &[u8], segment: usize) -> Result<Frame, PictureError> {
    let precision = *bytes.get(segment + 2).ok_or(PictureError::Incomplete)?;
    if marker > PROGRESSIVE || precision != 8 {
        return Err(PictureError::RareEncoding);
    }
    let components = usize::from(*bytes.get(segment + 7).ok_or(PictureError::Incomplete)?);
    let sampling = bytes
        .get(segment + 8..segment + 8 + 3 * components)
        .ok_or(PictureError::Incomplete)?
        .chunks_exact(3)
        .map(|component| (u32::from(component[1] >> 4), u32::from(component[1] & 0x0F)))
        .collect();
    Ok(Frame {
        width: u32::from(big_endian_u16(bytes, segment + 5)?),
        height: u32::from(big_endian_u16(bytes, segment + 3)?),
        progressive: marker == PROGRESSIVE,
        sampling,
    })
}

impl Frame {
    /// The number of blocks of 8 × 8 samples of all components.
    fn blocks(&self) -> u64 {
        let most_across = self
            .sampling
            .iter()
            .map(|each| each.0)
            .max()
            .unwrap_or(1)
            .max(1);
        let most_down = self
            .sampling
            .iter()
            .map(|each| each.1)
            .max()
            .unwrap_or(1)
            .max(1);
        let blocks = |(across, down): (u32, u32)| {
            let wide = (self.width * across).div_ceil(most_across * 8);
            let high = (self.height * down).div_ceil(most_down * 8);
            u64::from(wide) * u64::from(high)
        };
        self.sampling.iter().copied().map(blocks).sum()
    }

    /// The pixels; and where the components do not come together, the coefficients of all of them.
    fn bytes_per_pixel(&self, components_of_first_scan: Option<u8>) -> u64 {
        let components = self.sampling.len();
        let together = components_of_first_scan.map(usize::from) == Some(components);
        let coefficients = match together && !self.progressive {
            true => 0,
            false => 2 * u64::try_from(components).unwrap_or(u64::MAX / 4),
        };
        let pixels = if components == 1 { 1 } else { 3 };
        pixels + coefficients
    }
}
