//! What a form contains when its page is shown.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use leptos::prelude::*;
use shop::catalog::CatalogError;
use shop::catalog::listing::CategoryView;
use shop::database::Snapshot;
use till_core::money::Currency;
use till_core::refusal::{LineReason, Refusal};
use till_core::view::{ProductView, VariantView, full_name};

use super::selection::Selection;
use crate::api::{RefusedForm, TypedQuantities};
use crate::files::script;
use crate::language::{localized, texts};
use ui::rendered::Rendered;

/// The products of one form.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Sorted as the owner arranged them.
    pub products: Vec<ProductView>,
    /// What comes before them, each variant with its only field.
    pub selection: Selection,
    /// The categories that have pages of their own; only in the whole catalog.
    pub categories: Vec<CategoryView>,
    /// Whether the catalog has more pages than this one.
    pub has_other_pages: bool,
}

impl Catalog {
    fn variants(&self) -> impl Iterator<Item = (&ProductView, &VariantView)> {
        let products = self.selection.products.iter().chain(&self.products);
        products.flat_map(|product| {
            product
                .variants
                .iter()
                .map(move |variant| (product, variant))
        })
    }

    /// The currency of the first product.
    pub(super) fn currency(&self) -> Option<Currency> {
        let (_, variant) = self.variants().next()?;
        Some(variant.price.currency)
    }
}

/// What a form contains when it is shown: nothing, what was typed before it was refused, or the
/// quantities of a cancelled checkout.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    /// Path of the form's page, which is shown again if the form is refused.
    pub page: String,
    /// Attempt token.
    pub attempt: String,
    /// Quantities as typed, by variant id.
    pub typed: BTreeMap<i64, String>,
    /// Why the form was refused.
    pub refusal: Option<Refusal>,
    /// Whether all that was chosen comes before the page's products; if not, only what has no field
    /// among them.
    pub selection_first: bool,
    /// The variants whose fields come before the page's products, which then have none.
    pub above: BTreeSet<i64>,
}

/// The attempt token that the page's form has; an extension of the request.
#[derive(Clone, Debug)]
pub struct FormAttempt(pub String);

/// Returns the state of the form on the page with this path.
pub fn form_state(page: impl Into<String>) -> FormState {
    let (typed, refusal) = match use_context::<RefusedForm>() {
        Some(refused) => (refused.typed, Some(refused.refusal)),
        None => {
            let typed = use_context::<TypedQuantities>();
            (typed.map(|typed| typed.0).unwrap_or_default(), None)
        }
    };
    FormState {
        page: page.into(),
        attempt: new_attempt_token(),
        typed,
        selection_first: refusal.is_some(),
        refusal,
        above: BTreeSet::new(),
    }
}

/// The attempt token of the form. The server has chosen it if it keeps the page, in which each
/// answer has its own. It is empty if the system has no randomness: the form is then refused as out
/// of date.
pub(super) fn new_attempt_token() -> String {
    let request = use_context::<http::request::Parts>();
    let chosen = request.and_then(|parts| parts.extensions.get::<FormAttempt>().cloned());
    if let Some(FormAttempt(token)) = chosen {
        return token;
    }
    shop::new_token::form_attempt()
}

impl FormState {
    /// The attribute of a form that the server has filled with what was chosen: what the tab
    /// remembers is out of date. A form that could not be read says nothing about that.
    pub(super) fn is_filled(&self) -> Option<&'static str> {
        let filled = !self.typed.is_empty() || self.refusal == Some(Refusal::NothingChosen);
        filled.then_some("")
    }

    pub(super) fn reason(&self, variant: i64) -> Option<LineReason> {
        self.refusal.as_ref()?.by_variant().remove(&variant)
    }

    pub(super) fn typed(&self, variant: i64) -> String {
        self.typed.get(&variant).cloned().unwrap_or_default()
    }

    /// Reads what comes before the page's products, of which those with fields are given.
    pub(super) async fn read_selection(
        &mut self,
        snapshot: &Snapshot,
        with_fields: impl Iterator<Item = &ProductView>,
    ) -> Result<Selection, CatalogError> {
        let variants = with_fields.flat_map(|product| &product.variants);
        let shown: HashSet<i64> = variants.map(|variant| variant.id).collect();
        let chosen = self.typed.keys().copied();
        let first = chosen.filter(|id| self.selection_first || !shown.contains(id));
        let selection = Selection::read(snapshot, first).await?;
        self.above = selection.variants().collect();
        Ok(selection)
    }

    /// Renders why the form was refused, with links to the fields.
    pub fn alert(&self, catalog: &Catalog) -> impl IntoView + use<> {
        let refusal = self.refusal.clone()?;
        let texts = texts();
        let reasons = refusal.by_variant();
        let mut named = HashSet::new();
        let mut items: Vec<AnyView> = catalog
            .variants()
            // A variant may have a field of its own besides a product that only links to it.
            .filter(|(_, variant)| named.insert(variant.id))
            .filter_map(|(product, variant)| {
                let reason = texts.line_reason(reasons.get(&variant.id)?);
                let name = full_name(&product.name, &variant.name);
                let text = view! { <bdi>{name}</bdi>": "{reason} };
                // The field of a sold-out variant is disabled, so there is no link to it.
                Some(match variant.available.sold_out() {
                    true => view! { <li>{text}</li> }.rendered(),
                    false => {
                        let field = format!("#quantity-{}", variant.id);
                        view! { <li><a href=field>{text}</a></li> }.rendered()
                    }
                })
            })
            .collect();
        items.extend(
            catalog
                .selection
                .discontinued
                .iter()
                .filter_map(|(variant, name)| {
                    let reason = texts.line_reason(reasons.get(variant)?);
                    Some(view! { <li><bdi>{name.clone()}</bdi>": "{reason}</li> }.rendered())
                }),
        );
        // Variants that do not exist have no name to show.
        let unknown = reasons.len() > items.len();
        let list = (!reasons.is_empty()).then(|| {
            view! {
                <ul>
                    {items}
                    {unknown.then(|| view! {
                        <li>{texts.unknown_item()}</li>
                    })}
                </ul>
            }
        });
        let order = match &refusal {
            Refusal::EarlierPaymentUnknown(token) => {
                let address = localized(&format!("/orders/{}", token.as_str()));
                let [before, link, after] = texts.earlier_payment_order();
                Some(view! { <p>{before}<a href=address>{link}</a>{after}</p> })
            }
            _ => None,
        };
        Some(view! {
            <div class="alert alert-danger" role="alert">
                <p>{texts.refusal(&refusal)}</p>
                {order}
                {list}
            </div>
            // The URL is that of the form's target. This script replaces it with the page's own.
            <script src=script("/page-address.js") data-address=localized(&self.page)></script>
        })
    }
}
