//! Renders views at once.

use std::sync::Arc;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// Views that can be rendered at once. Not those that wait for something ([`when_read`]): these
/// would be rendered without it.
///
/// [`when_read`]: crate::when_read::when_read
pub trait Rendered {
    /// Renders it to HTML, and returns that as a view.
    ///
    /// On the server, [`into_any`](IntoAny::into_any) compiles everything that a view can do, such
    /// as being built in a browser or rendered in parts; that made each page many times as large.
    #[must_use]
    fn rendered(self) -> AnyView;
}

impl<V: IntoView + 'static> Rendered for V {
    fn rendered(self) -> AnyView {
        InertElement::new(self.into_view().to_html()).into_any()
    }
}

/// HTML that is rendered once, and shown at several places of a page.
#[derive(Clone, Debug)]
pub struct Html(Arc<str>);

impl Html {
    /// Renders a view.
    pub fn of(view: impl IntoView) -> Self {
        Self(view.into_view().to_html().into())
    }

    /// The same HTML as a view.
    #[must_use]
    pub fn view(&self) -> AnyView {
        InertElement::new(self.0.to_string()).into_any()
    }
}

/// What is inside of a component, rendered at once.
pub struct RenderedChildren(Box<dyn FnOnce() -> AnyView + Send>);

impl RenderedChildren {
    /// Renders it.
    #[must_use]
    pub fn render(self) -> AnyView {
        (self.0)()
    }
}

impl<V: IntoView + 'static, F: FnOnce() -> V + Send + 'static> ToChildren<F> for RenderedChildren {
    fn to_children(children: F) -> Self {
        Self(Box::new(move || children().rendered()))
    }
}

impl<V: IntoView + 'static> ToChildren<ChildrenOptContainer<V>> for RenderedChildren {
    fn to_children(children: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || children.0.rendered()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rendered_is_the_same_html() {
        let name = "<Ada> & \"Bob\"";
        let inner = || view! { <p title=name>{name}</p> };
        let outer = view! { <div>{inner().rendered()} "and" {inner().rendered()}</div> };
        let plain = view! { <div>{inner()} "and" {inner()}</div> };
        assert_eq!(outer.to_html(), plain.to_html());
    }
}
