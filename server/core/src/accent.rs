//! The shop's accent colour, with enough contrast in light and dark.
//!
//! Text, and what one must see to use a page, needs a contrast of 4.5:1 with its background
//! (<https://www.w3.org/TR/WCAG22/#contrast-minimum>). A colour that has less is darkened for the
//! light scheme and lightened for the dark one, step by step.

use std::fmt;
use std::str::FromStr;

/// The smallest contrast of text.
const MIN_CONTRAST: f64 = 4.5;
/// The backgrounds of `style/main.scss` in the light scheme: surfaces, pages and the footer. Text
/// on buttons is white, too.
const LIGHT_BACKGROUNDS: [&str; 3] = ["#fff", "#fbf9f4", "#f2efe7"];
/// The same in the dark scheme.
const DARK_BACKGROUNDS: [&str; 3] = ["#1e2521", "#151a17", "#1a201d"];
/// The text on buttons in the dark scheme.
pub const ON_ACCENT_DARK: &str = "#0d2018";
/// From a colour to black or white.
const STEPS: u16 = 64;
/// How much darker or lighter a button is below the pointer.
const STRONG_STEPS: u16 = 14;

/// A colour of the sRGB colour space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

const BLACK: Rgb = Rgb([0; 3]);
const WHITE: Rgb = Rgb([255; 3]);

/// The text is not a colour such as `#1f5c46`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a colour such as #1f5c46")]
pub struct InvalidColor;

/// The accent colour that the owner has chosen, and as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    chosen: Rgb,
    light: Rgb,
    dark: Rgb,
}

impl FromStr for Accent {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let chosen: Rgb = match text.len() {
            7 => text.parse()?,
            _ => return Err(InvalidColor),
        };
        Ok(Self {
            chosen,
            light: readable(chosen, BLACK, LIGHT_BACKGROUNDS),
            dark: readable(chosen, WHITE, DARK_BACKGROUNDS),
        })
    }
}

impl Accent {
    /// The chosen colour as six hexadecimal digits, for an address.
    #[must_use]
    pub fn digits(&self) -> String {
        hex_digits(self.chosen)
    }

    /// The colour in the light scheme, as `#rrggbb`. White can be read on it.
    #[must_use]
    pub fn light(&self) -> String {
        self.light.to_string()
    }

    /// The colour in the dark scheme, as `#rrggbb`. [`ON_ACCENT_DARK`] can be read on it.
    #[must_use]
    pub fn dark(&self) -> String {
        self.dark.to_string()
    }

    /// The style sheet that replaces the theme's accent.
    #[must_use]
    pub fn style_sheet(&self) -> String {
        let light = properties(self.light, self.light.towards(BLACK, STRONG_STEPS), "#fff");
        let dark = properties(
            self.dark,
            self.dark.towards(WHITE, STRONG_STEPS),
            ON_ACCENT_DARK,
        );
        format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
    }

    /// Says for each scheme that shows another colour than the chosen one why, with the contrasts.
    #[must_use]
    pub fn adjustments(&self) -> Vec<String> {
        let schemes = [
            ("light", self.light, LIGHT_BACKGROUNDS),
            ("dark", self.dark, DARK_BACKGROUNDS),
        ];
        let changed = schemes
            .into_iter()
            .filter(|(_, shown, _)| *shown != self.chosen);
        changed
            .map(|(scheme, shown, backgrounds)| {
                format!(
                    "In the {scheme} scheme, {} has a contrast of {}, which is less than 4.5:1; \
                     {shown} is shown instead, with {}.",
                    self.chosen,
                    in_words(lowest_contrast(self.chosen, backgrounds)),
                    in_words(lowest_contrast(shown, backgrounds)),
                )
            })
            .collect()
    }
}

/// The first colour on the way to `end` that can be read on all backgrounds.
fn readable(chosen: Rgb, end: Rgb, backgrounds: [&str; 3]) -> Rgb {
    (0..=STEPS)
        .map(|step| chosen.towards(end, step))
        .find(|shown| lowest_contrast(*shown, backgrounds) >= MIN_CONTRAST)
        .unwrap_or(end)
}

/// Bootstrap's links have variables of their own.
fn properties(accent: Rgb, strong: Rgb, on_accent: &str) -> String {
    let (link, hover) = (accent.components(), strong.components());
    format!(
        "--accent:{accent};--accent-strong:{strong};--on-accent:{on_accent};\
         --bs-link-color:{accent};--bs-link-color-rgb:{link};\
         --bs-link-hover-color:{strong};--bs-link-hover-color-rgb:{hover}"
    )
}

fn lowest_contrast(color: Rgb, backgrounds: [&str; 3]) -> f64 {
    let backgrounds = backgrounds.iter().filter_map(|known| known.parse().ok());
    backgrounds
        .map(|background| contrast(color, background))
        .fold(f64::INFINITY, f64::min)
}

/// The contrast ratio of two colours, from 1 to 21
/// (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).
#[expect(clippy::float_arithmetic, reason = "a ratio of light, not money")]
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A contrast as `4.51:1`, rounded down: 4.499 must not read as enough.
#[expect(clippy::float_arithmetic, reason = "a ratio of light, not money")]
fn in_words(contrast: f64) -> String {
    format!("{:.2}:1", (contrast * 100.0).floor() / 100.0)
}

impl Rgb {
    /// The relative luminance (<https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
    #[expect(clippy::float_arithmetic, reason = "a fraction of light, not money")]
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|component| {
            let component = f64::from(component) / 255.0;
            match component <= 0.04045 {
                true => component / 12.92,
                false => ((component + 0.055) / 1.055).powf(2.4),
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// This colour mixed with `end`: `steps` of [`STEPS`].
    fn towards(self, end: Self, steps: u16) -> Self {
        let mut mixed = self.0;
        for (component, end) in mixed.iter_mut().zip(end.0) {
            let sum = u16::from(*component) * (STEPS - steps) + u16::from(end) * steps;
            *component = u8::try_from(sum / STEPS).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// Red, green and blue as numbers.
    fn components(self) -> String {
        let [red, green, blue] = self.0;
        format!("{red},{green},{blue}")
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", hex_digits(*self))
    }
}

fn hex_digits(Rgb([red, green, blue]): Rgb) -> String {
    format!("{red:02x}{green:02x}{blue:02x}")
}

/// `#rrggbb`, or `#rgb` as the style sheet writes white.
impl FromStr for Rgb {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidColor);
        }
        let mut components = [0; 3];
        for (index, component) in components.iter_mut().enumerate() {
            let digits = match digits.len() {
                3 => digits[index..=index].repeat(2),
                6 => digits[index * 2..index * 2 + 2].to_owned(),
                _ => return Err(InvalidColor),
            };
            *component = u8::from_str_radix(&digits, 16).map_err(|_| InvalidColor)?;
        }
        Ok(Self(components))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Rgb {
        text.parse().unwrap()
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        for (one, other, said) in [
            ("#000000", "#ffffff", "21.00:1"),
            ("#777777", "#ffffff", "4.47:1"),
            ("#767676", "#ffffff", "4.54:1"),
            ("#ffff00", "#ffffff", "1.07:1"),
            ("#123456", "#123456", "1.00:1"),
        ] {
            assert_eq!(
                in_words(contrast(rgb(one), rgb(other))),
                said,
                "{one} {other}"
            );
            assert_eq!(
                in_words(contrast(rgb(other), rgb(one))),
                said,
                "{other} {one}"
            );
        }
    }

    #[test]
    fn every_colour_can_be_read_in_both_schemes() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let chosen = Rgb([red, green, blue]);
                    let accent: Accent = chosen.to_string().parse().unwrap();
                    let strong = accent.light.towards(BLACK, STRONG_STEPS);
                    for shown in [accent.light, strong] {
                        assert!(lowest_contrast(shown, LIGHT_BACKGROUNDS) >= MIN_CONTRAST);
                        assert!(contrast(shown, WHITE) >= MIN_CONTRAST, "{chosen}");
                    }
                    let strong = accent.dark.towards(WHITE, STRONG_STEPS);
                    for shown in [accent.dark, strong] {
                        assert!(lowest_contrast(shown, DARK_BACKGROUNDS) >= MIN_CONTRAST);
                        assert!(
                            contrast(shown, rgb(ON_ACCENT_DARK)) >= MIN_CONTRAST,
                            "{chosen}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_and_another_one_is_adjusted_with_the_figure() {
        let green: Accent = "#1f5c46".parse().unwrap();
        assert_eq!(green.light, green.chosen);
        assert_eq!(green.adjustments().len(), 1);
        let yellow: Accent = "#ffff00".parse().unwrap();
        assert_eq!(yellow.dark, yellow.chosen);
        let said = yellow.adjustments().join(" ");
        let begin = "In the light scheme, #ffff00 has a contrast of 1.0";
        assert!(
            said.starts_with(begin) && said.contains("is shown instead, with 4."),
            "{said}"
        );
    }

    #[test]
    fn the_backgrounds_are_those_of_the_style_sheet() {
        let style = include_str!("../../../style/main.scss");
        for (line, color) in [
            ("$white: ", LIGHT_BACKGROUNDS[0]),
            ("$body-bg: ", LIGHT_BACKGROUNDS[1]),
            ("$body-tertiary-bg: ", LIGHT_BACKGROUNDS[2]),
            ("--surface: ", DARK_BACKGROUNDS[0]),
            ("$body-bg-dark: ", DARK_BACKGROUNDS[1]),
            ("$body-tertiary-bg-dark: ", DARK_BACKGROUNDS[2]),
            ("--on-accent: ", ON_ACCENT_DARK),
        ] {
            assert!(style.contains(&format!("{line}{color};")), "{line}{color}");
        }
    }
}
