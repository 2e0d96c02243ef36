//! What the shop looks like and says first.

use till_core::accent::Accent;

use crate::local_text::LocalText;
use crate::logo::{InvalidLogo, Logo};
use crate::settings::{InvalidSetting, Setting, invalid};

/// The setting of the logo.
pub const SHOP_LOGO: &str = "SHOP_LOGO";

crate::settings! {
    /// What the shop looks like and says first. Each is optional.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Face {
        /// A few words beside the shop's name.
        pub tagline: LocalText = Setting::local_text("SHOP_TAGLINE", 80)
            .or_in_database()
            .example("Paper goods from Leeds"),
        /// The sentence below the shop's name on its front page.
        pub opening: LocalText = Setting::local_text("SHOP_OPENING", 300)
            .or_in_database()
            .example("Notebooks, pens and ink, made by hand."),
        /// A bar with news above every page.
        pub announcement: LocalText = Setting::local_text("SHOP_ANNOUNCEMENT", 200)
            .or_in_database()
            .example("Orders until Thursday arrive before the weekend."),
        /// The colour of buttons and links, as `#rrggbb`. It is darkened or lightened until its
        /// contrast is at least 4.5:1.
        pub accent: Option<Accent> = Setting::optional("SHOP_ACCENT_COLOR", accent)
            .or_in_database()
            .default_in_words("green")
            .example("#1f5c46"),
        /// The picture in place of the shop's name above every page, by the name that
        /// `till pictures logo` prints.
        pub logo: Option<Logo> = Setting::optional(SHOP_LOGO, logo)
            .or_in_database()
            .default_in_words("none: the name")
            .example(
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08-320x80",
            ),
        /// What every product's page says about delivery.
        pub delivery_note: LocalText = Setting::local_text("DELIVERY_NOTE", 300)
            .or_in_database()
            .example("With you in two to three working days."),
        /// What every product's page says about returns.
        pub return_note: LocalText = Setting::local_text("RETURN_NOTE", 300)
            .or_in_database()
            .example("Send it back within 30 days."),
    }
}

fn logo(name: &str, typed: &str) -> Result<Logo, InvalidSetting> {
    typed.parse().map_err(|error| match error {
        InvalidLogo::Name => invalid(format!(
            "{name} must be a name that till pictures logo FILE has printed, not \"{typed}\"."
        )),
        InvalidLogo::Shape { .. } => invalid(format!("{name}: the picture {error}.")),
    })
}

fn accent(name: &str, typed: &str) -> Result<Accent, InvalidSetting> {
    typed.parse().map_err(|_| {
        invalid(format!(
            "{name} must be a colour such as #1f5c46, not \"{typed}\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn words_are_one_short_line_and_a_colour_is_six_digits() {
        let face: Face =
            read(&[("SHOP_OPENING", "Hello."), ("SHOP_ACCENT_COLOR", "#aB00ff")]).unwrap();
        assert_eq!(face.opening, LocalText::everywhere("Hello.".to_owned()));
        assert!(face.accent.is_some() && face.tagline == LocalText::default());
        let long = "x".repeat(301);
        assert_eq!(
            refusal::<Face>(&[("SHOP_OPENING", &long)]),
            "SHOP_OPENING must be one line of at most 300 characters."
        );
        for typed in [
            "green", "#12345", "#12345g", "123456", "#1234567", "#+12345",
        ] {
            let said = refusal::<Face>(&[("SHOP_ACCENT_COLOR", typed)]);
            assert!(
                said.starts_with("SHOP_ACCENT_COLOR must be a colour"),
                "{said}"
            );
        }
    }
}
