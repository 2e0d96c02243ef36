//! Reads the messages of Fluent files, with the arguments that their comments declare.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, bail};
use fluent_syntax::ast::{
    CallArguments, Comment, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use fluent_syntax::parser;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that somebody typed.
    Text,
    /// A number of things, which chooses plural forms.
    Number,
    /// An amount in a currency.
    Money,
    /// Where the page inserts markup.
    Slot,
}

/// An argument that a comment declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub name: String,
    pub kind: Kind,
}

/// One message of a file.
#[derive(Clone, Debug)]
pub struct Message {
    pub key: String,
    /// The lines of its comment before the arguments.
    #[cfg_attr(
        test,
        expect(dead_code, reason = "only the build script writes documentation")
    )]
    pub description: Vec<String>,
    /// The arguments that its comment declares.
    pub arguments: Vec<Argument>,
    /// The arguments that its text names, in order and repeated.
    pub used: Vec<String>,
}

/// Parses all messages of a Fluent text.
pub fn parse(text: &str) -> Result<Vec<Message>> {
    let resource =
        parser::parse(text).map_err(|(_, errors)| anyhow!("cannot be parsed: {errors:?}"))?;
    let mut messages = Vec::new();
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                let key = message.id.name.to_owned();
                let message = message
                    .value
                    .as_ref()
                    .filter(|_| message.attributes.is_empty())
                    .ok_or_else(|| anyhow!("{key}: attributes are not used"))
                    .and_then(|value| self::message(&key, value, message.comment.as_ref()))?;
                messages.push(message);
            }
            Entry::Term(term) => bail!("-{}: terms are not used", term.id.name),
            Entry::Junk { content } => bail!("cannot be parsed: {content}"),
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
        }
    }
    Ok(messages)
}

fn message(key: &str, value: &Pattern<&str>, comment: Option<&Comment<&str>>) -> Result<Message> {
    let lines = comment.map_or(&[][..], |comment| &comment.content);
    let (description, arguments) = match lines.iter().position(|line| *line == "Variables:") {
        Some(at) => (&lines[..at], &lines[at + 1..]),
        None => (lines, &[][..]),
    };
    let arguments: Result<Vec<Argument>> = arguments
        .iter()
        .map(|line| argument(line).with_context(|| key.to_owned()))
        .collect();
    let mut used = Vec::new();
    names_in_pattern(value, &mut used);
    Ok(Message {
        key: key.to_owned(),
        description: description.iter().map(|line| (*line).to_owned()).collect(),
        arguments: arguments?,
        used,
    })
}

/// Parses a line such as `  $left (Number) - Units that are left.`
fn argument(line: &str) -> Result<Argument> {
    let (name, rest) = line
        .trim()
        .strip_prefix('$')
        .and_then(|line| line.split_once(" ("))
        .ok_or_else(|| anyhow!("not `$name (Kind) - meaning`: {line}"))?;
    let kind = match rest.split_once(')') {
        Some(("Text", _)) => Kind::Text,
        Some(("Number", _)) => Kind::Number,
        Some(("Money", _)) => Kind::Money,
        Some(("Slot", _)) => Kind::Slot,
        _ => bail!("the kind is none of Text, Number, Money and Slot: {line}"),
    };
    Ok(Argument {
        name: name.to_owned(),
        kind,
    })
}

impl Message {
    /// The arguments that the text names.
    pub fn used(&self) -> BTreeSet<&str> {
        self.used.iter().map(String::as_str).collect()
    }
}

fn names_in_pattern(pattern: &Pattern<&str>, names: &mut Vec<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            names_in_expression(expression, names);
        }
    }
}

fn names_in_expression(expression: &Expression<&str>, names: &mut Vec<String>) {
    match expression {
        Expression::Inline(inline) => names_in_inline(inline, names),
        Expression::Select { selector, variants } => {
            names_in_inline(selector, names);
            for variant in variants {
                names_in_pattern(&variant.value, names);
            }
        }
    }
}

fn names_in_inline(inline: &InlineExpression<&str>, names: &mut Vec<String>) {
    match inline {
        InlineExpression::VariableReference { id } => names.push(id.name.to_owned()),
        InlineExpression::Placeable { expression } => names_in_expression(expression, names),
        InlineExpression::FunctionReference { arguments, .. } => {
            let CallArguments { positional, named } = arguments;
            let named = named.iter().map(|argument| &argument.value);
            for value in positional.iter().chain(named) {
                names_in_inline(value, names);
            }
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}
