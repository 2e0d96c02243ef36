//! The owner's settings for emails.

use std::path::{Path, PathBuf};

use super::MailAddress;
use super::smtp::SmtpSettings;
use crate::settings::{
    Documentation, FromVariables, InvalidSetting, Setting, Variables, invalid, missing,
};
use crate::storage::StorageSettings;

/// The default sender: without a mail server, emails are files and nobody receives them.
const DEFAULT_FROM: &str = "till@localhost.localdomain";

/// How emails are sent.
#[derive(Clone, Debug)]
pub enum Route {
    /// To a mail server.
    Smtp(SmtpSettings),
    /// Into a folder, as `.eml` files.
    Folder(PathBuf),
}

/// The owner's settings for emails.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// How they are sent.
    pub route: Route,
    /// The sender, which a mail server needs. If it has no name, the shop's name is used.
    pub from: Option<MailAddress>,
    /// Who is notified when an order needs attention. `None`: the sender.
    pub owner: Option<MailAddress>,
    /// Whether the owner is also notified of each new order.
    pub new_orders: bool,
}

/// The shop's own addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddresses {
    /// The sender. If it has no name, the shop's name is used.
    pub from: MailAddress,
    /// Who is notified when an order needs attention.
    pub owner: MailAddress,
}

impl MailSettings {
    /// The shop's own addresses.
    ///
    /// # Errors
    /// If a mail server is set and no sender is.
    pub fn addresses(&self) -> Result<MailAddresses, InvalidSetting> {
        let from = match (&self.from, &self.route) {
            (Some(from), _) => from.clone(),
            (None, Route::Folder(_)) => address("MAIL_FROM", DEFAULT_FROM)?,
            (None, Route::Smtp(_)) => {
                return Err(missing(
                    "MAIL_FROM",
                    "SMTP_URL is set, but MAIL_FROM is not. Set it to the sender's address, such \
                     as shop@shop.example.",
                ));
            }
        };
        let owner = self.owner.clone().unwrap_or_else(|| from.clone());
        Ok(MailAddresses { from, owner })
    }

    /// Whether a mail server sends them; otherwise only the owner can read them.
    #[must_use]
    pub fn reaches_shoppers(&self) -> bool {
        matches!(self.route, Route::Smtp(_))
    }
}

crate::settings! {
    /// The variables, before they are checked together.
    struct MailVariables {
        /// The mail server. If unset, emails are files.
        server: Option<SmtpSettings> = Setting::optional("SMTP_URL", server)
            .or_in_file()
            .default_in_words("files in `DATA_DIR/mail`")
            .example("smtps://user:password@mail.example"),
        /// The file of a certificate that may sign the mail server's, in PEM.
        ca_file: Option<PathBuf> =
            Setting::optional("SMTP_CA_FILE", |_, file| Ok(file.into()))
                .example("/etc/till/mail-ca.pem"),
        /// The sender, required with a mail server.
        from: Option<MailAddress> =
            Setting::optional("MAIL_FROM", address)
                .or_in_database()
                .example("shop@shop.example"),
        /// Who is notified when an order needs attention.
        owner: Option<MailAddress> = Setting::optional("MAIL_OWNER", address)
            .or_in_database()
            .default_in_words("`MAIL_FROM`")
            .example("owner@shop.example"),
        /// Whether that address is also notified of each new order.
        new_orders: bool =
            Setting::choice("MAIL_OWNER_ORDERS", "on", [("on", true), ("off", false)])
                .or_in_database(),
    }
}

impl FromVariables for MailSettings {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let MailVariables {
            server,
            ca_file,
            from,
            owner,
            new_orders,
        } = MailVariables::read(variables)?;
        let route = match (server, ca_file) {
            (Some(server), Some(file)) => Route::Smtp(with_root_certificate(server, &file)?),
            (Some(server), None) => Route::Smtp(server),
            (None, _) => Route::Folder(StorageSettings::read(variables)?.data_dir.join("mail")),
        };
        Ok(Self {
            route,
            owner,
            from,
            new_orders,
        })
    }

    fn apply_stored(&mut self, stored: &dyn Variables) -> Vec<InvalidSetting> {
        let mut variables = MailVariables {
            server: None,
            ca_file: None,
            from: self.from.take(),
            owner: self.owner.take(),
            new_orders: self.new_orders,
        };
        let refused = variables.apply_stored(stored);
        self.from = variables.from;
        self.owner = variables.owner;
        self.new_orders = variables.new_orders;
        refused
    }

    fn documentation() -> Vec<Documentation> {
        MailVariables::documentation()
    }
}

/// The error does not repeat the URL: it may hold a password.
fn server(name: &str, url: &str) -> Result<SmtpSettings, InvalidSetting> {
    SmtpSettings::parse(url).map_err(|error| invalid(format!("{name} {error}.")))
}

/// Trusts the owner's own certificate authority.
fn with_root_certificate(
    server: SmtpSettings,
    file: &Path,
) -> Result<SmtpSettings, InvalidSetting> {
    let certificate = std::fs::read(file)
        .map_err(|error| invalid(format!("SMTP_CA_FILE could not be read: {}.", error.kind())))?;
    server
        .with_root_certificate(&certificate)
        .map_err(|error| invalid(format!("SMTP_CA_FILE {error}.")))
}

/// Parses an address. The error does not repeat it: it may be a person's.
fn address(name: &str, typed: &str) -> Result<MailAddress, InvalidSetting> {
    typed.parse().map_err(|_| {
        invalid(format!(
            "{name} must be one email address such as shop@shop.example or \
             \"Shop <shop@shop.example>\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::mail::smtp::Security;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn without_a_mail_server_emails_are_files() {
        let mail: MailSettings = read(&[("DATA_DIR", "kept")]).unwrap();
        assert!(matches!(&mail.route, Route::Folder(folder) if folder == Path::new("kept/mail")));
        let addresses = mail.addresses().unwrap();
        assert_eq!(addresses.from, addresses.owner);
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_the_owner_is_that_unless_set() {
        let smtp = ("SMTP_URL", "smtps://u:p@mail.example");
        let mail: MailSettings = read(&[smtp, ("MAIL_FROM", "Shop <shop@shop.example>")]).unwrap();
        assert!(matches!(&mail.route, Route::Smtp(smtp) if smtp.security() == Security::Tls));
        let addresses = mail.addresses().unwrap();
        assert_eq!(addresses.from, addresses.owner);
        let mail: MailSettings = read(&[
            smtp,
            ("MAIL_FROM", "shop@shop.example"),
            ("MAIL_OWNER", "me@shop.example"),
        ])
        .unwrap();
        let owner = mail.addresses().unwrap().owner;
        assert_eq!(owner, "me@shop.example".parse().unwrap());
        let mail: MailSettings = read(&[smtp]).unwrap();
        let refused = mail.addresses().unwrap_err().to_string();
        assert!(refused.starts_with("SMTP_URL is set, but MAIL_FROM is not."));
    }

    #[test]
    fn sender_and_owner_may_be_in_the_database() {
        let mut mail: MailSettings = read(&[("SMTP_URL", "smtps://mail.example")]).unwrap();
        let stored = |name: &str| (name == "MAIL_FROM").then(|| "a@shop.example".to_owned());
        assert!(mail.apply_stored(&stored).is_empty());
        let addresses = mail.addresses().unwrap();
        assert_eq!(addresses.owner, "a@shop.example".parse().unwrap());
        let stored = |name: &str| (name == "MAIL_OWNER").then(|| "b@shop.example".to_owned());
        assert!(mail.apply_stored(&stored).is_empty());
        let addresses = mail.addresses().unwrap();
        assert_eq!(addresses.from, "a@shop.example".parse().unwrap());
        assert_eq!(addresses.owner, "b@shop.example".parse().unwrap());
        assert!(matches!(mail.route, Route::Smtp(_)));
    }

    #[test]
    fn the_owner_is_emailed_about_new_orders_unless_that_is_switched_off() {
        let enabled = |value| {
            let mail: MailSettings = read(&[("MAIL_OWNER_ORDERS", value)]).unwrap();
            mail.new_orders
        };
        assert!(enabled("") && enabled("on") && !enabled("off"));
        let said = refusal::<MailSettings>(&[("MAIL_OWNER_ORDERS", "no")]);
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
            let said = refusal::<MailSettings>(&[(name, value)]);
            assert!(said.starts_with(name), "{said}");
            assert!(!said.contains("hid"), "{said}");
        }
    }

    #[test]
    fn a_certificate_authority_file_must_hold_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let with = |file: &Path| {
            refusal::<MailSettings>(&[
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
        let mail: MailSettings = read(&[
            ("SMTP_URL", "smtps://u:hidden@mail.example"),
            ("MAIL_FROM", "hidden@shop.example"),
        ])
        .unwrap();
        assert!(!format!("{mail:?}").contains("hidden"));
    }
}
