//! What all emails have in common: who sends them, and how they are rendered.
//!
//! An email is a struct of the facts that it is about. Those to shoppers, in `shopper_templates`,
//! share two files below `templates/mail` and take their words from `app/locales`. Those to the
//! owner, in `owner_templates`, have three files each: the subject, the plain text and the HTML.
//!
//! In a template `mail` is the email's struct, `sender` the [`Sender`], and `name` the shopper's
//! name. askama compiles the templates, so a missing fact is a compile error.

use std::borrow::Cow;

use locale::{Language, Texts};
use till_core::accent::{Accent, ON_ACCENT_DARK};

use super::one_line;
use crate::contact::{Contact, ContactLink};
use crate::profile::ShopProfile;

/// The accent colour of a shop that has chosen none: `style/main.scss`.
const DEFAULT_ACCENT: Colors = Colors {
    light: Cow::Borrowed("#1f5c46"),
    dark: Cow::Borrowed("#93d5b5"),
};

/// Who sends an email: what it shows of the shop, and the language that it is written in.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The shop's name.
    pub shop: String,
    /// The shop's address and links, which are absolute.
    pub contact: Contact,
    /// Absolute links to the shop's policies.
    pub policies: Vec<ContactLink>,
    /// The colour of links and buttons; `None` is the theme's.
    pub accent: Option<Accent>,
    /// Whether this is a test shop, which takes no real payments.
    pub sandbox: bool,
    /// The words, in the language of the email.
    pub texts: Texts,
}

/// A colour in the light and in the dark scheme, as `#rrggbb`.
#[derive(Clone, Debug)]
pub(crate) struct Colors {
    pub(crate) light: Cow<'static, str>,
    pub(crate) dark: Cow<'static, str>,
}

impl Sender {
    /// A sender in English, without links to policies.
    #[must_use]
    pub fn new(profile: &ShopProfile, public_url: &str, sandbox: bool) -> Self {
        Self {
            shop: one_line(&profile.name),
            contact: profile.contact.with_absolute_links(public_url),
            policies: Vec::new(),
            accent: profile.face.accent,
            sandbox,
            texts: Texts::of(Language::default()),
        }
    }

    /// The code of the email's language.
    pub(crate) fn language(&self) -> &'static str {
        self.texts.language().code()
    }

    /// The shop's own links, and those to its policies.
    pub(crate) fn links(&self) -> impl Iterator<Item = &ContactLink> {
        self.contact.links.iter().chain(&self.policies)
    }

    /// Whether there are links.
    pub(crate) fn has_links(&self) -> bool {
        self.links().next().is_some()
    }

    /// The colour of links and buttons.
    pub(crate) fn accent(&self) -> Colors {
        self.accent.map_or(DEFAULT_ACCENT, |accent| Colors {
            light: accent.light().into(),
            dark: accent.dark().into(),
        })
    }

    /// The colour of the words on a button in the dark scheme.
    pub(crate) fn on_accent_dark(&self) -> &'static str {
        ON_ACCENT_DARK
    }

    /// A label before its value in plain text: `Total:`.
    pub(crate) fn label(&self, label: impl AsRef<str>) -> String {
        self.texts.mail_label(label.as_ref())
    }
}

/// An email without its recipient.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// An email that is written from these facts.
pub(crate) trait MailTemplate {
    /// Renders the email, which greets this name.
    ///
    /// # Errors
    /// If a template fails, which no email makes it do.
    fn render(&self, name: Option<&str>, sender: &Sender) -> Result<Rendered, askama::Error>;
}

/// Names the three files of an email.
macro_rules! files {
    ($mail:ident, $subject:literal, $text:literal, $html:literal) => {
        impl MailTemplate for $mail {
            fn render(
                &self,
                name: Option<&str>,
                sender: &Sender,
            ) -> Result<Rendered, askama::Error> {
                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    name: Option<&'a str>,
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    subject: String,
                    name: Option<&'a str>,
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                let subject = Subject { mail: self, sender };
                let text = Text {
                    name,
                    mail: subject.mail,
                    sender: subject.sender,
                };
                let html = Html {
                    subject: subject.render()?,
                    name: text.name,
                    mail: text.mail,
                    sender: text.sender,
                };
                Ok(Rendered {
                    text: text.render()?,
                    html: html.render()?,
                    subject: html.subject,
                })
            }
        }
    };
}

pub(super) use files;
