//! What the shop looks like and says first.

use till_core::accent::Accent;

use crate::settings::{InvalidSetting, Setting, invalid, short_text};

crate::settings! {
    /// What the shop looks like and says first. Each is optional.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Face {
        /// A few words beside the shop's name.
        pub tagline: Option<String> = Setting::optional("SHOP_TAGLINE", short_text(80))
            .or_in_database()
            .example("Paper goods from Leeds"),
        /// The sentence below the shop's name on its front page.
        pub opening: Option<String> = Setting::optional("SHOP_OPENING", short_text(300))
            .or_in_database()
            .example("Notebooks, pens and ink, made by hand."),
        /// A bar with news above every page.
        pub announcement: Option<String> = Setting::optional("SHOP_ANNOUNCEMENT", short_text(200))
            .or_in_database()
            .example("Orders until Thursday arrive before the weekend."),
        /// The colour of buttons and links, as `#rrggbb`. It is darkened or lightened until its
        /// contrast is at least 4.5:1.
        pub accent: Option<Accent> = Setting::optional("SHOP_ACCENT_COLOR", accent)
            .or_in_database()
            .default_in_words("green")
            .example("#1f5c46"),
    }
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
        assert_eq!(face.opening.as_deref(), Some("Hello."));
        assert!(face.accent.is_some() && face.tagline.is_none());
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
