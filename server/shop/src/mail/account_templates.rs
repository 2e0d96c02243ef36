//! The emails to users of the admin, in their language.

use askama::Template;
use till_core::admin::Role;

use super::templates::{MailTemplate, Rendered, Sender};

/// Why a user gets an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountReason {
    /// The user has forgotten the password.
    PasswordReset,
    /// The user is new, with this role.
    Invitation(Role),
    /// Many clients guess the password.
    PasswordGuessed,
    /// Somebody who knows the password guesses codes of the second factor.
    CodesGuessed,
}

/// An email to a user of the admin.
#[derive(Debug)]
pub(crate) struct AccountMail {
    pub(crate) reason: AccountReason,
    /// The page that it leads to.
    pub(crate) url: String,
}

/// What an email says.
#[derive(Debug)]
struct Words<'a> {
    subject: String,
    heading: String,
    paragraphs: Vec<String>,
    /// Of the link.
    label: String,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/account.txt")]
struct Text<'a> {
    words: &'a Words<'a>,
    sender: &'a Sender,
    name: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/account.html")]
struct Html<'a> {
    words: &'a Words<'a>,
    subject: &'a str,
    sender: &'a Sender,
    name: Option<&'a str>,
}

impl MailTemplate for AccountMail {
    fn render(&self, name: Option<&str>, sender: &Sender) -> Result<Rendered, askama::Error> {
        let words = &self.words(sender);
        let text = Text {
            words,
            sender,
            name,
        };
        let html = Html {
            words,
            subject: &words.subject,
            sender,
            name,
        };
        Ok(Rendered {
            text: text.render()?,
            html: html.render()?,
            subject: words.subject.clone(),
        })
    }
}

impl AccountMail {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (texts, shop) = (sender.texts, sender.shop.as_str());
        let owned = |texts: &[std::borrow::Cow<'static, str>]| {
            texts.iter().map(|text| text.clone().into_owned()).collect()
        };
        let (subject, heading, paragraphs, label) = match self.reason {
            AccountReason::PasswordReset => (
                texts.admin_mail_reset_subject(shop),
                texts.admin_mail_reset_title(),
                owned(&[
                    texts.admin_mail_reset_asked(shop).into(),
                    texts.admin_mail_reset_effect(),
                    texts.admin_mail_reset_not_you(),
                ]),
                texts.admin_mail_set_password(),
            ),
            AccountReason::Invitation(role) => (
                texts.admin_mail_invitation_subject(shop),
                texts.admin_mail_invitation_title(),
                owned(&[
                    match role {
                        Role::Owner => texts.admin_mail_invitation_owner(shop).into(),
                        Role::Manager => texts.admin_mail_invitation_manager(shop).into(),
                        Role::Staff => texts.admin_mail_invitation_staff(shop).into(),
                    },
                    texts.admin_mail_invitation_effect(),
                ]),
                texts.admin_mail_set_password(),
            ),
            AccountReason::PasswordGuessed => (
                texts.admin_mail_guessed_subject(shop),
                texts.admin_mail_guessed_title(),
                owned(&[
                    texts.admin_mail_guessed_what(shop).into(),
                    texts.admin_mail_guessed_effect(),
                    texts.admin_mail_guessed_advice(),
                ]),
                texts.admin_mail_to_account(),
            ),
            AccountReason::CodesGuessed => (
                texts.admin_mail_guessed_subject(shop),
                texts.admin_mail_codes_title(),
                owned(&[
                    texts.admin_mail_codes_what(shop).into(),
                    texts.admin_mail_codes_effect(),
                    texts.admin_mail_codes_advice(),
                ]),
                texts.admin_mail_to_account(),
            ),
        };
        Words {
            subject,
            heading: heading.into_owned(),
            paragraphs,
            label: label.into_owned(),
            url: &self.url,
        }
    }
}
