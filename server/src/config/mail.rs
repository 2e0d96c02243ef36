//! `SMTP_URL`, `SMTP_CA_FILE`, `MAIL_FROM`, `MAIL_OWNER` and `MAIL_OWNER_ORDERS`.

use std::path::Path;

use shop::mail::smtp::SmtpSettings;
use shop::mail::{MailAddress, MailSettings, Route};

use super::checkout::one_of;
use super::{ConfigError, Variables, invalid, secret};

/// The default sender: without a mail server, emails are files and nobody receives them.
const DEFAULT_FROM: &str = "till@localhost.localdomain";

pub(super) fn settings(
    variables: &impl Variables,
    text: &impl Fn(&str) -> Option<String>,
    data_dir: &Path,
) -> Result<MailSettings, ConfigError> {
    let from = address(text, "MAIL_FROM")?;
    let owner = address(text, "MAIL_OWNER")?;
    let route = match secret(variables, "SMTP_URL")? {
        Some(url) => {
            let smtp = SmtpSettings::parse(url.expose())
                .map_err(|error| invalid(format!("SMTP_URL {error}.")))?;
            let smtp = match text("SMTP_CA_FILE") {
                Some(file) => with_ca(smtp, &file)?,
                None => smtp,
            };
            if from.is_none() {
                return Err(invalid(
                    "SMTP_URL is set, but MAIL_FROM is not. Set it to the sender's address, such \
                     as shop@shop.example.",
                ));
            }
            Route::Smtp(smtp)
        }
        None => Route::Folder(data_dir.join("mail")),
    };
    let from = match from {
        Some(from) => from,
        None => parse("MAIL_FROM", DEFAULT_FROM)?,
    };
    Ok(MailSettings {
        route,
        owner: owner.unwrap_or_else(|| from.clone()),
        from,
        new_orders: one_of(text, "MAIL_OWNER_ORDERS", [("on", true), ("off", false)])?,
    })
}

/// Trusts the owner's own certificate authority.
fn with_ca(smtp: SmtpSettings, file: &str) -> Result<SmtpSettings, ConfigError> {
    let authority = std::fs::read(file)
        .map_err(|error| invalid(format!("SMTP_CA_FILE could not be read: {}.", error.kind())))?;
    smtp.with_root_certificate(&authority)
        .map_err(|error| invalid(format!("SMTP_CA_FILE {error}.")))
}

fn address(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<MailAddress>, ConfigError> {
    text(name).map(|value| parse(name, &value)).transpose()
}

/// Parses an address. The error does not repeat it: it may be a person's.
fn parse(name: &str, value: &str) -> Result<MailAddress, ConfigError> {
    value.parse().map_err(|_| {
        invalid(format!(
            "{name} must be one email address such as shop@shop.example or \
             \"Shop <shop@shop.example>\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use shop::mail::smtp::Security;

    use super::*;
    use crate::config::tests::{read, refusal};

    #[test]
    fn without_a_mail_server_emails_are_files() {
        let config = read(&[("DATA_DIR", "kept")]).unwrap();
        assert!(
            matches!(&config.mail.route, Route::Folder(folder) if folder == Path::new("kept/mail"))
        );
        assert_eq!(config.mail.from, config.mail.owner);
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_the_owner_is_that_unless_set() {
        let smtp = ("SMTP_URL", "smtps://u:p@mail.example");
        let config = read(&[smtp, ("MAIL_FROM", "Shop <shop@shop.example>")]).unwrap();
        assert!(
            matches!(&config.mail.route, Route::Smtp(smtp) if smtp.security() == Security::Tls)
        );
        assert_eq!(config.mail.from, config.mail.owner);
        let config = read(&[
            smtp,
            ("MAIL_FROM", "shop@shop.example"),
            ("MAIL_OWNER", "me@shop.example"),
        ])
        .unwrap();
        assert_eq!(config.mail.owner, "me@shop.example".parse().unwrap());
        assert!(refusal(&[smtp]).starts_with("SMTP_URL is set, but MAIL_FROM is not."));
    }

    #[test]
    fn the_owner_is_emailed_about_new_orders_unless_that_is_switched_off() {
        let enabled = |value| {
            let config = read(&[("MAIL_OWNER_ORDERS", value)]).unwrap();
            config.mail.new_orders
        };
        assert!(enabled("") && enabled("on") && !enabled("off"));
        let said = refusal(&[("MAIL_OWNER_ORDERS", "no")]);
        assert_eq!(said, "MAIL_OWNER_ORDERS must be on or off, not \"no\".");
    }

    #[test]
    fn wrong_mail_settings_are_refused_without_being_repeated() {
        for (name, value) in [
            ("SMTP_URL", "smtps://user:hid/den@mail.example"),
            ("SMTP_URL", "smtp://user:hidden@mail.example?tls=none"),
            ("SMTP_URL", "https://user:hidden@mail.example"),
            ("SMTP_URL", "smtps://hidden@mail.example"),
            ("MAIL_FROM", "hidden"),
            ("MAIL_OWNER", "hidden@a.example, b@a.example"),
        ] {
            let said = refusal(&[(name, value)]);
            assert!(said.starts_with(name), "{said}");
            assert!(!said.contains("hid"), "{said}");
        }
    }

    #[test]
    fn a_certificate_authority_file_must_hold_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let with = |file: &Path| {
            refusal(&[
                ("SMTP_URL", "smtps://mail.example"),
                ("MAIL_FROM", "shop@shop.example"),
                ("SMTP_CA_FILE", file.to_str().unwrap()),
            ])
        };
        assert!(with(&file).starts_with("SMTP_CA_FILE could not be read"));
        std::fs::write(&file, "no certificate").unwrap();
        assert_eq!(with(&file), "SMTP_CA_FILE holds no certificate in PEM.");
    }

    #[test]
    fn the_mail_settings_are_not_printed() {
        let config = read(&[
            ("SMTP_URL", "smtps://u:hidden@mail.example"),
            ("MAIL_FROM", "hidden@shop.example"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
