//! `till admin`

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use locale::Language;
use secrecy::{ExposeSecret, SecretString};
use shop::admin::{
    ChangeOutcome, CreateOutcome, Entrance, LinkPurpose, MadeLink, NewUser, SetupState, UserRow,
    create, default_language, find_user, list_users, make_link, remove, reset_second_factor,
    setup_state,
};
use shop::audit::Actor;
use shop::database::Database;
use shop::time_zone::TimeZone;
use till_core::admin::Role;

use super::operator;
use super::output::{or_dash, print_json, print_line, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till admin`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a user of the admin: without a role, the first owner.
    ///
    /// Asks for the password twice, unless --password-stdin or --link is given.
    Create(Create),
    /// List the users of the admin.
    List(List),
    /// Print a one-time link with which a user sets a new password, for somebody who is locked out.
    ///
    /// It ends all sessions of the user and keeps the second factor.
    Link(Named),
    /// Remove a user. The last owner cannot be removed.
    Remove(Named),
    /// Turn off the second factor of a user who has lost it and the recovery codes, and end the
    /// user's sessions.
    ResetSecondFactor(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// The email address with which the user signs in.
    mail: String,
    /// What the user may do; owner by default. Given explicitly, it may be one more owner.
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// Read the password from the first line of standard input.
    #[arg(long, conflicts_with = "link")]
    password_stdin: bool,
    /// Print a one-time link with which the user sets the password, instead of asking for one.
    #[arg(long)]
    link: bool,
    /// The language of pages and emails for the user: en or de. The shop's by default.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The email address of the user.
    mail: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Owner,
    Manager,
    Staff,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Manager => Self::Manager,
            RoleName::Staff => Self::Staff,
        }
    }
}

fn language(text: &str) -> Result<Language, String> {
    let known = ["en", "de"].contains(&text).then(|| text.parse().ok());
    known
        .flatten()
        .ok_or_else(|| "the admin is in en and de".to_owned())
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    let actor = Actor::on_command_line(operator::user());
    match command {
        Command::Create(arguments) => create_user(config, &database, arguments, &actor).await?,
        Command::List(List { json }) => {
            let users = list_users(&database).await?;
            if json {
                print_json(&users)?;
            } else {
                print_list(&users, &config.profile.time_zone);
            }
        }
        Command::Link(Named { mail }) => {
            let user = named(&database, &mail).await?;
            let link = make_link(&database, user.id, &actor).await?;
            let link = link.with_context(|| format!("{} is deactivated", user.mail))?;
            print_link(config, &link);
        }
        Command::Remove(Named { mail }) => {
            let user = named(&database, &mail).await?;
            match remove(&database, user.id, &actor).await? {
                ChangeOutcome::LastOwner => bail!(
                    "{} is the last owner, so nothing was changed. Create another owner first: \
                     till admin create MAIL --role owner",
                    user.mail
                ),
                _ => print_line(&format!("{} is removed", user.mail)),
            }
        }
        Command::ResetSecondFactor(Named { mail }) => {
            let user = named(&database, &mail).await?;
            let mail = user.mail;
            print_line(
                &match reset_second_factor(&database, user.id, &actor).await? {
                    true => format!("{mail} has no second factor any more, and is signed out"),
                    false => format!("{mail} has no second factor: nothing to do"),
                },
            );
        }
    }
    database.close().await?;
    Ok(())
}

async fn named(database: &Database, mail: &str) -> anyhow::Result<UserRow> {
    let user = find_user(database, mail).await?;
    user.with_context(|| format!("there is no user {mail}; till admin list names them all"))
}

async fn create_user(
    config: &Config,
    database: &Database,
    arguments: Create,
    actor: &Actor,
) -> anyhow::Result<()> {
    let owner_exists = format!(
        "there is an owner already, so nothing was changed. To create one more, say so: till \
         admin create {} --role owner",
        arguments.mail.trim()
    );
    // Before anybody types a password; `create` checks it again.
    let is_first = arguments.role.is_none();
    if is_first && setup_state(database).await? == SetupState::Ready {
        bail!(owner_exists);
    }
    let entrance = match (arguments.link, arguments.password_stdin) {
        (true, _) => Entrance::Link,
        (_, true) => Entrance::Password(read_password()?),
        _ => Entrance::Password(ask_for_password()?),
    };
    let new = NewUser {
        mail: arguments.mail,
        role: arguments.role.map_or(Role::Owner, Role::from),
        language: arguments
            .language
            .unwrap_or_else(|| default_language(&config.profile.languages)),
        is_first,
    };
    let mail = new.mail.trim();
    let outcome = create(database, &new, entrance, actor).await?;
    let sign_in = format!("{}/admin", config.site.public_url(config.site.addr));
    match outcome {
        CreateOutcome::Created { link: None, .. } => {
            print_line(&format!("{mail} can sign in at {sign_in} ({})", new.role));
        }
        CreateOutcome::Created {
            link: Some(link), ..
        } => print_link(config, &link),
        CreateOutcome::InvalidMail => bail!("{mail} is not an email address"),
        CreateOutcome::MailTaken => bail!(
            "there is a user {mail} already. If the password is forgotten: till admin link {mail}"
        ),
        CreateOutcome::Refused(problem) => bail!("{problem}. Nothing was changed"),
        CreateOutcome::OwnerExists => bail!(owner_exists),
    }
    Ok(())
}

/// Asks for a password twice, without showing it.
fn ask_for_password() -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for the password: use --password-stdin, or --link for a \
             link with which it is set"
        );
    }
    let ask = |prompt: &str| {
        let typed = rpassword::prompt_password(prompt).context("could not read the password")?;
        anyhow::Ok(SecretString::from(typed))
    };
    let password = ask("Password: ")?;
    let again = ask("The same again: ")?;
    if password.expose_secret() != again.expose_secret() {
        bail!("the two passwords differ. Nothing was changed");
    }
    Ok(password)
}

/// Reads the password from the first line of standard input.
fn read_password() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.context("could not read the password from standard input")?;
    Ok(line.trim_end_matches(['\n', '\r']).into())
}

fn print_link(config: &Config, link: &MadeLink) {
    let url = link.url(&config.site.public_url(config.site.addr));
    let time = config.profile.time_zone.format_table(link.expires_at);
    let what = match link.purpose {
        LinkPurpose::FirstOwner | LinkPurpose::Invitation => "set a password",
        LinkPurpose::Reset => "set a new password",
    };
    print_line(&format!("With this link, {what} once, until {time}:"));
    print_line(&url);
}

fn print_list(users: &[UserRow], zone: &TimeZone) {
    let rows = users.iter().map(|user| {
        [
            user.mail.clone(),
            user.role.to_string(),
            user.state.to_string(),
            match user.has_second_factor {
                true => "on".to_owned(),
                false => "off".to_owned(),
            },
            or_dash(user.signed_in_at.map(|at| zone.format_table(at))),
        ]
    });
    let headings = ["USER", "ROLE", "STATE", "SECOND FACTOR", "LAST SIGN-IN"];
    print_table(headings, &rows.collect::<Vec<_>>());
}
